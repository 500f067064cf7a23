"""Held-out rows that are also in training: a model is not tested on what it has learnt by heart.

Word for word (`leak_exact`), nearly so (`leak_near`), or in other words (`leak_paraphrase`, which
takes an embedder and is a warning: meaning the same is not being the same).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whet.data.checks.labels import labels
from whet.data.keys import answer_key, input_key, turns_key
from whet.data.ledger import Dropped
from whet.data.places import at
from whet.errors import DataError
from whet.findings import Finding, Kind, Severity
from whet.types import Example

if TYPE_CHECKING:  # numpy is loaded by the functions that need it
    from whet.data.checks.vectors import Embed
    from whet.data.overlap.across import Match

CHOICES = (
    "Remove them from one side, or set data.on_leak: drop_train (keeps the held-out rows) "
    "or drop_test (drops the held-out rows)."
)
NUM_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Leak:
    """A held-out row and the training rows that give it away; `how` is in what they agree."""

    held_out: Example
    train: tuple[Example, ...]
    kind: Kind
    how: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Both sides without leaks; `dropped_from` is train or test."""

    train: list[Example]
    test: list[Example]
    dropped: list[Dropped] = field(default_factory=list)
    dropped_from: str = "train"


def find_leaks(
    train: Sequence[Example], test: Sequence[Example], embed: Embed | None = None
) -> list[Leak]:
    """At most one leak for each held-out row: exact before near before paraphrase.

    Paraphrases are looked for only with `embed`.
    """
    if not train or not test:
        return []
    leaks = exact_leaks(train, test)
    leaks += near_leaks(train, _without(test, leaks))
    if embed is not None:
        leaks += paraphrase_leaks(train, _without(test, leaks), embed)
    return leaks


def _without(rows: Sequence[Example], leaks: Sequence[Leak]) -> list[Example]:
    known = {id(leak.held_out) for leak in leaks}
    return [row for row in rows if id(row) not in known]


def near_leaks(train: Sequence[Example], test: Sequence[Example]) -> list[Leak]:
    """Held-out rows whose input is nearly that of training rows, in eight words or more.

    Where the answers are a closed set of labels they have to agree too: `my phone is lost` and
    `my card is lost` are near copies and give nothing away.
    """
    from whet.data.overlap.across import near_across
    from whet.data.overlap.texts import input_text

    matches = near_across([input_text(row) for row in train], [input_text(row) for row in test])
    if labels(train) is not None:
        matches = [m for m in matches if answer_key(train[m.seen]) == answer_key(test[m.held_out])]
    return _leaks(train, test, matches, Kind.LEAK_NEAR, "nearly the same input")


def paraphrase_leaks(train: Sequence[Example], test: Sequence[Example], embed: Embed) -> list[Leak]:
    """Held-out rows whose input means what that of training rows means."""
    from whet.data.overlap.paraphrase import paraphrases
    from whet.data.overlap.texts import input_text

    seen, held_out = ([input_text(row) for row in rows] for rows in (train, test))
    matches = paraphrases(seen, held_out, embed)
    return _leaks(train, test, matches, Kind.LEAK_PARAPHRASE, "the same in other words")


def _leaks(
    train: Sequence[Example],
    test: Sequence[Example],
    matches: Sequence[Match],
    kind: Kind,
    how: str,
) -> list[Leak]:
    by_row: dict[int, list[Match]] = defaultdict(list)
    for match in matches:
        by_row[match.held_out].append(match)
    return [
        Leak(test[row], tuple(train[match.seen] for match in of_row), kind,
             f"{how} ({of_row[0].similarity:.0%} alike)")
        for row, of_row in by_row.items()
    ]  # fmt: skip


def exact_leaks(train: Sequence[Example], test: Sequence[Example]) -> list[Leak]:
    """One leak for each held-out row whose input, normalised, is that of training rows.

    Rows that agree in all but system message and tools are leaks when their answers agree too,
    unless those decide the answer elsewhere (as when the system message holds a document).
    """
    by_input = _by_key(train, input_key)
    by_turns = _by_turns(train, test)
    leaks = []
    for row in test:
        same = by_input.get(input_key(row), [])
        if same:
            leaks.append(Leak(row, tuple(same), Kind.LEAK_EXACT, "the same input"))
            continue
        same = by_turns.get(turns_key(row), []) if by_turns else []
        same = [other for other in same if answer_key(other) == answer_key(row)]
        if same:
            how = "the same question and answer, under another system message or other tools,"
            leaks.append(Leak(row, tuple(same), Kind.LEAK_EXACT, how))
    return leaks


def _by_key(rows: Sequence[Example], key: Callable[[Example], str]) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def _by_turns(train: Sequence[Example], test: Sequence[Example]) -> dict[str, list[Example]]:
    """Training rows by their turns, without those whose turns have several answers."""
    if not any(row.system or row.tools for row in (*train, *test)):
        return {}  # the turns are the whole input, which was compared already
    answers: dict[str, set[str]] = defaultdict(set)
    for row in (*train, *test):
        answers[turns_key(row)].add(answer_key(row))
    found = _by_key(train, turns_key)
    return {key: rows for key, rows in found.items() if len(answers[key]) == 1}


def resolve_leaks(
    train: Sequence[Example], test: Sequence[Example], leaks: Sequence[Leak], on_leak: str
) -> Resolved:
    """Both sides without these leaks, by the policy `error`, `drop_train` or `drop_test`.

    Paraphrases are only warned of: they stop nothing and no row is dropped for them.

    Raises:
        DataError: the policy is `error` and there are leaks; the first ten are named.
    """
    leaks = [leak for leak in leaks if leak.kind is not Kind.LEAK_PARAPHRASE]
    if not leaks:
        return Resolved(list(train), list(test))
    if on_leak == "error":
        shown = [str(finding) for finding in leak_findings(leaks)[:NUM_SHOWN]]
        more = len(leaks) - len(shown)
        rest = [f"... and {more} more."] if more else []
        raise DataError([f"{len(leaks)} held-out rows leak.", *shown, *rest, CHOICES])
    side = train if on_leak == "drop_train" else test
    bad = {id(row) for leak in leaks for row in _on(leak, on_leak)}
    kept = [row for row in side if id(row) not in bad]
    dropped = [Dropped.of(row, "leak") for row in side if id(row) in bad]
    if on_leak == "drop_train":
        return Resolved(kept, list(test), dropped, "train")
    return Resolved(list(train), kept, dropped, "test")


def _on(leak: Leak, on_leak: str) -> tuple[Example, ...]:
    assert on_leak in ("drop_train", "drop_test"), on_leak
    return leak.train if on_leak == "drop_train" else (leak.held_out,)


def leak_findings(leaks: Sequence[Leak]) -> list[Finding]:
    """One finding for each leak, at the held-out row: an error, for a paraphrase a warning."""
    return [
        at(leak.held_out, _severity(leak), leak.kind, f"{leak.how} as {_places(leak.train)}.")
        for leak in leaks
    ]


def _severity(leak: Leak) -> Severity:
    return Severity.WARNING if leak.kind is Kind.LEAK_PARAPHRASE else Severity.ERROR


def _places(rows: Sequence[Example]) -> str:
    rest = f" and {len(rows) - 1} more rows" if len(rows) > 1 else ""
    return f"the training row {rows[0].source}{rest}"
