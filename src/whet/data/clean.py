"""The repairs of a divided data set: what was asked for is done, what was not is counted.

    mask -> encoding, quotes, white space -> labels -> refusals -> duplicates, near ones

Rows that cannot be read are set aside before, leaks are dropped after, both by `dataset.survey`.
Every row that comes in goes out again: kept, changed or not, or dropped with a reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from whet.data.bundles import Clusters
from whet.data.checks.labels import labels
from whet.data.dataset import Mended, Parts
from whet.data.edits import TEXT_REPAIRS, TextRepair, edited, relabelled
from whet.data.keys import answer_key, normal, row_key
from whet.data.ledger import Changed, Dropped, Edit
from whet.data.repairs import Repair
from whet.errors import MissingExtraError
from whet.types import Example

TOUCHED = ("train", "validation")
"""The splits that rules about labels and noise may touch. Never test."""


@dataclass(slots=True)
class Cleaner:
    """Repairs the splits once, by calling it, and remembers what it did and what it left.

    Args:
        chosen: the repairs to make.
        refuses: whether an answer declines to help.
        clusters: numbers of near duplicates; without it only exact ones are known.

    Afterwards `possible` counts the rows that each other repair would touch, and `unknown` holds
    what could not be looked for and why. `origins` has the row that each row was made of.
    """

    chosen: Collection[Repair]
    refuses: Callable[[str], bool]
    clusters: Clusters | None = None
    possible: Counter[Repair] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    origins: list[tuple[Example, Example]] = field(default_factory=list)
    _edits: dict[int, list[Edit]] = field(default_factory=dict)
    _dropped: list[Dropped] = field(default_factory=list)

    def __call__(self, parts: Parts) -> Mended:
        """The rows after the repairs, in their order."""
        self.origins = [(row, row) for rows in parts.values() for row in rows]
        for repair in TEXT_REPAIRS:
            parts = self._texts(parts, repair)
        parts = self._labels(parts)
        refused = {id(row) for row in self._touched(parts) if self.refuses(row.answer)}
        parts = self._without(parts, Repair.REFUSALS, "refusal", refused)
        copies = {id(row) for name in TOUCHED for row in _repeats(parts[name], row_key)}
        parts = self._without(parts, Repair.DUPLICATES, "duplicate", copies)
        near = self._near(parts)
        parts = self._without(parts, Repair.NEAR_DUPLICATES, "near_duplicate", near)
        return Mended(parts, self._dropped)

    def changed(self, splits: Mapping[str, Sequence[Example]]) -> tuple[Changed, ...]:
        """The rows of the final splits that are not as they were read."""
        return tuple(
            Changed(row.source, name, tuple(self._edits[id(row)]))
            for name, rows in splits.items()
            for row in rows
            if id(row) in self._edits
        )

    def _touched(self, parts: Parts) -> list[Example]:
        return [row for name in TOUCHED for row in parts[name]]

    def _texts(self, parts: Parts, repair: TextRepair) -> Parts:
        names = parts.keys() if repair.name.in_test else TOUCHED
        try:
            found = {
                id(row): made
                for name in names
                for row in parts[name]
                if (made := edited(row, repair))[1]
            }
        except MissingExtraError as error:
            if repair.name in self.chosen:
                raise
            self.unknown.append(f"{repair.name.value}: not looked for. {error}")
            return parts
        return self._with(parts, repair.name, found)

    def _labels(self, parts: Parts) -> Parts:
        """The most frequent spelling of each label, in rows that may be touched."""
        rows = self._touched(parts)
        spellings: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for label, count in (labels(rows) or {}).items():
            spellings[normal(label)].append((-count, label))
        usual = {key: min(found)[1] for key, found in spellings.items()}
        found = {
            id(row): relabelled(row, usual[key])
            for row in rows
            if usual and row.answer != usual[key := normal(row.answer)]
        }
        return self._with(parts, Repair.LABELS, found)

    def _with(
        self, parts: Parts, name: Repair, found: Mapping[int, tuple[Example, list[Edit]]]
    ) -> Parts:
        if name not in self.chosen:
            self.possible[name] += len(found)
            return parts
        for row, (made, edits) in found.items():
            self._edits[id(made)] = self._edits.pop(row, []) + edits
        self.origins = [(o, found[id(r)][0] if id(r) in found else r) for o, r in self.origins]
        return {
            split: [found[id(row)][0] if id(row) in found else row for row in rows]
            for split, rows in parts.items()
        }

    def _near(self, parts: Parts) -> set[int]:
        if self.clusters is None:
            self.unknown.append("near_duplicates: not looked for; no measure of nearness is here.")
            return set()
        found: set[int] = set()
        for name in TOUCHED:
            numbers = self.clusters(parts[name])
            known = {id(row): n for row, n in zip(parts[name], numbers, strict=True)}
            found |= {id(row) for row in _repeats(parts[name], _Likeness(known))}
        return found

    def _without(self, parts: Parts, name: Repair, reason: str, bad: Collection[int]) -> Parts:
        if name not in self.chosen:
            self.possible[name] += len(bad)
            return parts
        made = dict(parts)
        for split in TOUCHED:
            made[split] = [row for row in parts[split] if id(row) not in bad]
            gone = [row for row in parts[split] if id(row) in bad]
            self._dropped += [Dropped.of(row, reason) for row in gone]
        return made


@dataclass(frozen=True, slots=True)
class _Likeness:
    """The cluster of a row with its answer: another answer is no duplicate, but a contradiction."""

    clusters: Mapping[int, int]

    def __call__(self, row: Example) -> tuple[int, str]:
        return self.clusters[id(row)], answer_key(row)


def _repeats(rows: Sequence[Example], key: Callable[[Example], object]) -> list[Example]:
    """Rows whose key an earlier one has."""
    seen: set[object] = set()
    repeated = []
    for row in rows:
        (repeated.append(row) if (mark := key(row)) in seen else seen.add(mark))
    return repeated
