"""Rows of one split that are in another: a model is not tested on what it has learnt by heart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from whet.data.keys import answer_key, input_key, place, turns_key
from whet.data.ledger import Dropped
from whet.errors import DataError
from whet.types import Example, Finding, Level

CHOICES = (
    "Remove them from one side, or set data.on_leak: drop_train (keeps the held-out rows) "
    "or drop_test (drops the held-out rows)."
)
NUM_SHOWN = 10


class LeakKind(StrEnum):
    """In what two rows agree."""

    INPUT = "same input"
    ROW = "same question and answer, under another system message or other tools,"


@dataclass(frozen=True, slots=True)
class Leak:
    """A training row and the first held-out row that it gives away."""

    train: Example
    test: Example
    kind: LeakKind


@dataclass(frozen=True, slots=True)
class Resolved:
    """Both sides without leaks; `dropped_from` is train or test."""

    train: list[Example]
    test: list[Example]
    dropped: list[Dropped] = field(default_factory=list)
    dropped_from: str = "train"


def find_leaks(train: Sequence[Example], test: Sequence[Example]) -> list[Leak]:
    """One leak for each training row whose input, normalised, is that of a held-out row.

    Rows that agree in all but system message and tools are leaks when their answers agree too,
    unless those decide the answer elsewhere (as when the system message holds a document).
    """
    by_input = _first_by_key(test, input_key)
    by_turns = _by_turns(train, test)
    leaks = []
    for row in train:
        held_out = by_input.get(input_key(row))
        if held_out is not None:
            leaks.append(Leak(row, held_out, LeakKind.INPUT))
            continue
        held_out = by_turns.get(turns_key(row)) if by_turns else None
        if held_out is not None and answer_key(row) == answer_key(held_out):
            leaks.append(Leak(row, held_out, LeakKind.ROW))
    return leaks


def _first_by_key(rows: Sequence[Example], key: Callable[[Example], str]) -> dict[str, Example]:
    found: dict[str, Example] = {}
    for row in rows:
        found.setdefault(key(row), row)
    return found


def _by_turns(train: Sequence[Example], test: Sequence[Example]) -> dict[str, Example]:
    """Held-out rows by their turns, without those whose turns have several answers."""
    if not any(row.system or row.tools for row in (*train, *test)):
        return {}  # the turns are the whole input, which was compared already
    answers: dict[str, set[str]] = defaultdict(set)
    for row in (*train, *test):
        answers[turns_key(row)].add(answer_key(row))
    first = _first_by_key(test, turns_key)
    return {key: row for key, row in first.items() if len(answers[key]) == 1}


def resolve_leaks(train: Sequence[Example], test: Sequence[Example], on_leak: str) -> Resolved:
    """Both sides without leaks, by the policy `error`, `drop_train` or `drop_test`.

    Raises:
        DataError: the policy is `error` and there are leaks; the first ten are named.
    """
    leaks = find_leaks(train, test)
    if not leaks:
        return Resolved(list(train), list(test))
    if on_leak == "error":
        shown = [str(finding) for finding in leak_findings(leaks)[:NUM_SHOWN]]
        more = len(leaks) - len(shown)
        rest = [f"... and {more} more."] if more else []
        raise DataError([f"{len(leaks)} training rows leak.", *shown, *rest, CHOICES])
    if on_leak == "drop_train":
        gone = {id(leak.train) for leak in leaks}
        dropped = [Dropped.of(leak.train, "leak") for leak in leaks]
        return Resolved([r for r in train if id(r) not in gone], list(test), dropped, "train")
    assert on_leak == "drop_test", on_leak
    back = {id(leak.train) for leak in find_leaks(test, train)}
    dropped = [Dropped.of(row, "leak") for row in test if id(row) in back]
    return Resolved(list(train), [r for r in test if id(r) not in back], dropped, "test")


def leak_findings(leaks: Sequence[Leak], level: Level = Level.ERROR) -> list[Finding]:
    """One finding for each leak, at the training row."""
    findings = []
    for leak in leaks:
        file, line = place(leak.train)
        message = f"{leak.kind} as the held-out row {leak.test.source}."
        findings.append(Finding(level, "leak", message, file, line))
    return findings
