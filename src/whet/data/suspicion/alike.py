"""The rows that are most like each row: where one is bad, these may be too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whet.data.checks.vectors import MAX_ROWS, nearest, vectors
from whet.types import Example

if TYPE_CHECKING:
    from whet.data.checks.vectors import Embed

MIN_LIKENESS = 0.3


def alike(rows: Sequence[Example], embed: Embed | None, k: int = 5) -> list[list[int]]:
    """For each row the numbers of at most `k` others whose questions are like its own, best first.

    Empty for all where there are more rows than are compared with each other.
    """
    if len(rows) < 2 or len(rows) > MAX_ROWS:
        return [[] for _ in rows]
    found = nearest(vectors([row.question for row in rows], embed), min(k, len(rows) - 1))
    return [
        [int(n) for n, value in zip(numbers, likeness, strict=True) if value >= MIN_LIKENESS]
        for numbers, likeness in zip(found.rows, found.likeness, strict=True)
    ]
