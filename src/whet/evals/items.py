"""One value an item: rows that are copies, or several samples of one item, count once.

Ten answers to one question are not ten questions. So whatever shares an id is averaged first, and
only then are items compared: a test set with each row twice says what it says with each row once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import fsum

Values = Sequence[float | None]
Groups = Sequence[Hashable | None] | None


def per_item(values: Values, ids: Sequence[str] | None) -> list[float | None]:
    """The mean score of each id, by order of id; None where none of its rows has a score.

    Without ids every row is an item of its own.

    Raises:
        ValueError: There are not as many ids as values.
    """
    if ids is None:
        return list(values)
    rows: dict[str, list[float]] = {}
    for name, value in zip(ids, values, strict=True):
        scored = rows.setdefault(name, [])
        if value is not None:
            scored.append(value)
    return [_mean(rows[name]) for name in sorted(rows)]


def groups_per_item(groups: Groups, ids: Sequence[str] | None) -> Groups:
    """The group of each id in the same order: of its rows' groups the first by name."""
    if groups is None or ids is None:
        return groups
    rows: dict[str, list[Hashable]] = {}
    for name, group in zip(ids, groups, strict=True):
        known = rows.setdefault(name, [])
        if group is not None:
            known.append(group)
    return [min(rows[name], key=str, default=None) for name in sorted(rows)]


def _mean(scored: Sequence[float]) -> float | None:
    """Sorted before it is summed: the order of rows cannot change the last digit."""
    if not scored:
        return None
    if len(set(scored)) == 1:
        return scored[0]
    return fsum(sorted(scored)) / len(scored)
