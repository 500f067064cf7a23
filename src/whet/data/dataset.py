"""The project's data, put together: read, split, freed of leaks, checked and accounted for.

files -> read -> split -> (repair) -> leaks -> checks -> Dataset
             broken rows, leaks and findings are collected on the way; `load` raises them
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import DataConfig
from whet.data.bundles import Clusters
from whet.data.checks import check
from whet.data.leaks import CHOICES, find_leaks, leak_findings, resolve_leaks
from whet.data.ledger import Dropped, Ledger
from whet.data.objective import of_objective
from whet.data.parted import Parted, divided, read_all
from whet.data.reading.read import FileSummary
from whet.data.splits import Earlier
from whet.data.version import split_version
from whet.errors import DataError
from whet.findings import Finding, Kind, Severity, worst_first
from whet.types import Example

if TYPE_CHECKING:  # numpy is loaded by the functions that need it
    from whet.data.checks.vectors import Embed

MAX_FAULTS = 20
"""Faults that a `DataError` spells out; the rest are counted."""

MAX_BY_MEANING = 50_000
"""Rows beyond which paraphrases are not looked for: an embedding takes about two milliseconds."""

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples by split, and everything known about them.

    `version` names rows and division; `format` and `reason` say what the training files were
    taken for; `ledger` accounts for every row read; `made` is what a later split needs to leave
    every row where it is; `files` are what was read; `touched_items` are the sources of test rows
    and benchmark items that stand in training rows: scores without them are clean.
    """

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    ledger: Ledger
    findings: list[Finding]
    version: str
    format: str
    reason: str
    made: Earlier = field(default_factory=Earlier)
    files: tuple[FileSummary, ...] = ()
    touched_items: frozenset[str] = frozenset()

    @property
    def splits(self) -> dict[str, list[Example]]:
        """The examples by the name of their split."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop every verb which would use the data."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    def raise_errors(self) -> None:
        """Raises what stops the use of this data, all of it at once.

        Raises:
            DataError: there is an error-level finding.
        """
        if self.errors:
            raise DataError(fault_lines(self.errors))


def load(
    data: DataConfig,
    *,
    root: Path,
    seed: int = 0,
    has_prompt: bool = False,
    objective: str = "sft",
) -> Dataset:
    """The data as a verb that uses it needs it: without a single error.

    Raises:
        DataError: broken rows, leaks under `on_leak: error`, an empty split, a missing file;
            rows that `train.objective` does not learn from; all faults together, the first twenty
            spelt out.
        ConfigError: `data.columns` or `data.roles` mean nothing.
        MissingExtraError: a Parquet file without pyarrow.
    """
    dataset = survey(data, root=root, seed=seed, has_prompt=has_prompt, objective=objective)
    refused = [finding for finding in dataset.findings if finding.kind is Kind.OBJECTIVE]
    if refused:
        raise DataError(fault_lines([*refused, *dataset.errors]))
    dataset.raise_errors()
    return dataset


Parts = dict[str, list[Example]]
"""The rows of each split, by its name."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The rows after repairs, and those that are left out."""

    parts: Parts
    dropped: list[Dropped]


def survey(
    data: DataConfig,
    *,
    root: Path,
    seed: int = 0,
    has_prompt: bool = False,
    objective: str = "sft",
    embed: Embed | None = None,
    clusters: Clusters | None = None,
    earlier: Earlier | None = None,
    mend: Callable[[Parts], Mended] | None = None,
    set_aside: bool = False,
) -> Dataset:
    """The data with all findings, errors among them: what `check` shows.

    Args:
        data: the files, and what is to be done with them.
        root: what relative paths start at.
        seed: of the split.
        has_prompt: the project has a prompt of its own.
        objective: `train.objective`, which says what kind of rows are learnt from.
        embed: turns texts into unit vectors: with it paraphrases are looked for too, and inputs
            are compared by meaning instead of by their words.
        clusters: near duplicates, which then stay on one side of a split.
        earlier: the sides that an earlier split gave to some of the rows.
        mend: what `clean` does to the rows of each split.
        set_aside: broken rows are left out on purpose, so a split that fails is no fault of theirs.

    Raises:
        DataError: no rows can be shown at all: a missing file, an empty split.
        ConfigError: `data.columns` or `data.roles` mean nothing.
        MissingExtraError: a Parquet file without pyarrow.
    """
    readings = read_all(data, root)
    before, made, reason = divided(data, readings, seed, clusters, earlier, set_aside)
    state = before if mend is None else _mended(before, mend)
    num_read = sum(reading.num_rows for reading in readings.values())
    skipped = embed is not None and num_read > MAX_BY_MEANING
    cut = {name for name in SPLITS if getattr(data.split, name, None)}
    state = _without_leaks(state, str(data.on_leak), cut, None if skipped else embed)
    read_findings = [finding for reading in readings.values() for finding in reading.findings]
    files = {name: reading.files for name, reading in readings.items()}
    findings = of_objective(read_findings, files, objective)
    findings += state.findings + _emptied(before, state)
    if skipped:
        message = f"{num_read:,} rows: paraphrases across splits were not looked for."
        findings.append(Finding(Severity.NOTE, Kind.NOT_COMPARED, message))
    contaminated, touched = _contamination(state, data.benchmarks, root, embed)
    findings += contaminated
    findings += check(state.train, state.validation, state.test, has_prompt=has_prompt, embed=embed)
    broken = [row for reading in readings.values() for row in reading.broken]
    kept = {name: len(getattr(state, name)) for name in SPLITS}
    ledger = Ledger(num_read, kept, (*broken, *state.dropped))
    ledger.check()
    return Dataset(
        state.train, state.validation, state.test, ledger, worst_first(findings),
        split_version({name: getattr(state, name) for name in SPLITS}),
        readings["train"].format, reason, made,
        tuple(file for reading in readings.values() for file in reading.files),
        touched | state.touched,
    )  # fmt: skip


def _contamination(
    state: Parted, benchmarks: Sequence[str], root: Path, embed: Embed | None
) -> tuple[list[Finding], frozenset[str]]:
    """Training rows that hold benchmark items or, leaks apart, whole test inputs; those items."""
    from whet.data.overlap.contamination import contamination
    from whet.data.overlap.items import items_of, read_items

    leaked = {f"{finding.file}:{finding.line}" for finding in state.findings}
    own = items_of(row for row in state.test if row.source not in leaked)
    found = contamination(state.train, own, whole=True)
    if not benchmarks:
        return found.findings, found.touched
    others = contamination(state.train, read_items(benchmarks, root), embed)
    return [*found.findings, *others.findings], found.touched | others.touched


def fault_lines(findings: Sequence[Finding]) -> list[str]:
    """Findings as lines for a `DataError`: the first twenty, and how many more there are."""
    lines = [str(finding) for finding in findings[:MAX_FAULTS]]
    more = len(findings) - len(lines)
    return [*lines, f"... and {more} more. `whet check` lists them all."] if more else lines


def _mended(state: Parted, mend: Callable[[Parts], Mended]) -> Parted:
    made = mend({name: getattr(state, name) for name in SPLITS})
    return Parted(
        made.parts["train"], made.parts["validation"], made.parts["test"],
        [*state.dropped, *made.dropped], state.findings,
    )  # fmt: skip


def _without_leaks(
    state: Parted, on_leak: str, cut: Collection[str], embed: Embed | None
) -> Parted:
    """Test against all that settings see, then validation against train.

    `cut` are the splits that were cut from the training rows here. What then leaks between two
    of them are near copies that the split has parted, and no mistake of the user: the side that
    is held out less loses them.
    """
    for seen, held_out in (("train", "test"), ("validation", "test"), ("train", "validation")):
        parted = {seen, held_out} <= {"train", *cut}
        policy = "drop_train" if parted and on_leak == "error" else on_leak
        reason = "`whet clean` keeps such rows together" if parted else f"data.on_leak: {on_leak}"
        state = _freed(state, seen, held_out, policy, reason, embed)
    return state


def _freed(
    state: Parted, seen: str, held_out: str, on_leak: str, reason: str, embed: Embed | None
) -> Parted:
    first, second = getattr(state, seen), getattr(state, held_out)
    leaks = find_leaks(first, second, embed)
    left_in = [leak for leak in leaks if leak.kind is Kind.LEAK_PARAPHRASE or on_leak == "error"]
    if (seen, held_out) == ("train", "test"):
        touched = state.touched | {leak.held_out.source for leak in left_in}
        state = replace(state, touched=touched)
    warned = leak_findings([leak for leak in leaks if leak.kind is Kind.LEAK_PARAPHRASE])
    leaks = [leak for leak in leaks if leak.kind is not Kind.LEAK_PARAPHRASE]
    state = replace(state, findings=[*state.findings, *warned])
    if not leaks:
        return state
    if on_leak == "error":
        errors = leak_findings(leaks)
        errors[0] = replace(errors[0], fix=CHOICES)
        return replace(state, findings=[*state.findings, *errors])
    resolved = resolve_leaks(first, second, leaks, on_leak)
    side = seen if resolved.dropped_from == "train" else held_out
    message = (
        f"{len(resolved.dropped)} {side} rows were dropped: they are, word for word or nearly so, "
        f"in both {seen} and {held_out} ({reason})."
    )
    note = Finding(Severity.WARNING, leaks[0].kind, message)
    parts: dict[str, Any] = {seen: resolved.train, held_out: resolved.test}
    return replace(
        state, **parts, dropped=[*state.dropped, *resolved.dropped],
        findings=[*state.findings, note],
    )  # fmt: skip


def _emptied(before: Parted, after: Parted) -> list[Finding]:
    """An error for each split that lost its last row to the leak policy."""
    message = "all {n} {name} rows were dropped as leaks; none is left."
    remedy = "Use other rows for one of the two sides."
    return [
        Finding(Severity.ERROR, Kind.EMPTY, message.format(n=len(rows), name=name), fix=remedy)
        for name in SPLITS
        if (rows := getattr(before, name)) and not getattr(after, name)
    ]
