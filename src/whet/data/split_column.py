"""Rows that say themselves which split they belong to, in a column `split`.

train, training            train
validation, valid, val, dev validation
test                       test
oos_train, oos_val, ...    the same: CLINC150 keeps its out-of-scope rows under these names
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.data.places import listed
from whet.findings import Finding, Kind, Severity
from whet.types import Example

COLUMN = "split"
NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test",
}  # fmt: skip
OUT_OF_SCOPE = "oos_"


@dataclass(frozen=True, slots=True)
class ByColumn:
    """The rows of each split, and how they were told apart."""

    parts: dict[str, list[Example]]
    reason: str

    @property
    def finding(self) -> Finding:
        """What a reader has to know about a division that nobody asked for."""
        fix = "To divide the rows otherwise, name shares in data.split."
        return Finding(Severity.NOTE, Kind.GUESSED, f"{self.reason}.", field=COLUMN, fix=fix)


def divided_by_column(examples: Sequence[Example]) -> ByColumn | None:
    """The rows by their column `split`; None unless each names a split, and one of them is train.

    Rows that are all of one split are not divided: they are one part of a set.
    """
    parts: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    counts: Counter[str] = Counter()
    for example in examples:
        value = str(example.fields.get(COLUMN, ""))
        name = NAMES.get(value.lower().removeprefix(OUT_OF_SCOPE))
        if name is None:
            return None
        parts[name].append(example)
        counts[value] += 1
    if not parts["train"] or len(parts["train"]) == len(examples):
        return None
    said = listed([f"{value} ({count:,} rows)" for value, count in counts.most_common()], 9)
    return ByColumn(parts, f"guessed: divided by the column {COLUMN!r}, which says {said}")
