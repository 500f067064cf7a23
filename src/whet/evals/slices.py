"""Slices: how the arms do on parts of the items, by a column or a rule, with the worst part named.

    column  value      n   prompt          tuned           tuned - prompt
    lang    de        40   0.61 (.. ..)    0.72 (.. ..)    +0.11 (-0.02 to +0.24)
    lang    fr         6   0.50            0.33            too few to compare

An arm's own interval in a slice is descriptive, at the level of any other arm interval. The
differences are many looks at one question: each is read at level / (number of slices compared),
Bonferroni's, so that with the level's confidence all of them hold at once. The worst slice is
picked for being worst, and so looks a little worse than it is; `SliceTable.note` says both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from whet.config import SliceRule
from whet.errors import ConfigError
from whet.evals.compare import Comparison, Ids, Values, arm_interval, compare_scores
from whet.types import Example, Interval

MIN_ITEMS = 10
"""A slice of fewer scored items is shown and not compared."""
MAX_VALUES = 30
"""Values of one column, by number of items; what is beyond them is one slice."""
REST = "(other values)"
NONE = "(none)"
DESCRIPTIVE_LEVEL = 0.05

Membership = Mapping[str, Sequence[str | None]]
"""{column or rule: the slice of each item; None where the item is in none of it}."""


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice: its items, every arm's mean with a descriptive interval, and the difference.

    `comparison` is None where no pair was asked for; where there are fewer than `MIN_ITEMS` it
    has a difference and no ends.
    """

    column: str
    value: str
    n: int
    arms: Mapping[str, Interval | None]
    comparison: Comparison | None = None

    @property
    def name(self) -> str:
        """`lang = de`, as sentences name it."""
        return f"{self.column} = {self.value}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        keys = ("value", "low", "high", "n")
        told = {
            arm: {key: asdict(interval)[key] for key in keys} if interval else None
            for arm, interval in self.arms.items()
        }
        pair = self.comparison.to_json() if self.comparison else None
        return {
            "column": self.column,
            "value": self.value,
            "n": self.n,
            "arms": told,
            "comparison": pair,
        }


@dataclass(frozen=True, slots=True)
class SliceTable:
    """All slices of one metric.

    `level` is the two-sided error that all differences share, `each_level` that of one of them.
    `lowest` is the slice where the first arm of the pair scores least, `most_lost` the one where
    it falls furthest behind the second; both only among slices that are large enough.
    """

    metric: str
    pair: tuple[str, str] | None
    level: float
    each_level: float
    rows: list[SliceRow] = field(default_factory=list)
    lowest: SliceRow | None = None
    most_lost: SliceRow | None = None
    min_items: int = MIN_ITEMS

    @property
    def compared(self) -> list[SliceRow]:
        """The slices that are large enough to be compared, and have an interval."""
        return [row for row in self.rows if row.comparison and row.comparison.low is not None]

    @property
    def note(self) -> str:
        """How to read the table, in one or two sentences."""
        num = len(self.compared)
        if not num:
            return (
                f"No slice has {self.min_items} items with a score for both arms: the figures"
                " describe these items and show nothing about others."
            )
        return (
            f"{num} slice{'s are' if num > 1 else ' is'} compared at once, each at"
            f" {100 * (1 - self.each_level):.5g} %, so that all intervals hold together at"
            f" {100 * (1 - self.level):.5g} % (Bonferroni). The worst slice is picked for being"
            " worst: a fresh sample of it would look somewhat better. Slices of fewer than"
            f" {self.min_items} items are not compared."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for `details.slices`."""
        return {
            "metric": self.metric,
            "pair": list(self.pair) if self.pair else None,
            "level": self.level,
            "each_level": self.each_level,
            "rows": [row.to_json() for row in self.rows],
            "lowest": self.lowest.name if self.lowest else None,
            "most_lost": self.most_lost.name if self.most_lost else None,
            "note": self.note,
        }


def slice_table(
    scores: Mapping[str, Values],
    slices: Membership,
    *,
    metric: str,
    pair: tuple[str, str] | None = None,
    level: float = 0.05,
    groups: Sequence[Hashable | None] | None = None,
    ids: Ids = None,
    min_items: int = MIN_ITEMS,
    simultaneous: bool = True,
) -> SliceTable:
    """Every slice with every arm's mean, and the difference of a pair of arms.

    Args:
        scores: One value an item for each arm, more is better, None where unscored.
        slices: Which slice of each column every item is in, in the order of the scores.
        metric: The name of what was scored.
        pair: (a, b): the difference a - b is read in each slice.
        level: Two-sided error that all differences share.
        groups: The group of each item.
        ids: The id of each row; rows of one id are one item.
        min_items: A slice with fewer items scored for both arms is not compared.
        simultaneous: Divide the level by the number of slices compared. False reads each at the
            full level, as a gate does that asks that *every* slice holds (all claims must be
            true, so none needs a correction).

    Raises:
        ValueError: A slice column has not one entry an item.
    """
    members = _members(slices, [len(values) for values in scores.values()])
    fit = [
        name for name, kept in members.items() if _num_scored(scores, pair, kept, ids) >= min_items
    ]
    each = level / len(fit) if simultaneous and fit else level
    rows = [
        SliceRow(
            column,
            value,
            len(kept),
            {
                arm: arm_interval(
                    _taken(values, kept), DESCRIPTIVE_LEVEL, _taken(groups, kept), _taken(ids, kept)
                )
                for arm, values in scores.items()
            },
            _compared(scores, pair, metric, each, kept, groups, ids, (column, value) in fit),
        )
        for (column, value), kept in members.items()
    ]
    large = [row for row in rows if (row.column, row.value) in fit]
    first = pair[0] if pair else next(iter(scores), None)
    return SliceTable(
        metric, pair, level, each, rows,
        min((row for row in large if _mean(row, first) is not None),
            key=lambda row: (_mean(row, first), row.name), default=None),
        min((row for row in large if _lost(row) is not None),
            key=lambda row: (_lost(row), row.name), default=None),
        min_items,
    )  # fmt: skip


def _members(slices: Membership, lengths: Sequence[int]) -> dict[tuple[str, str], list[int]]:
    """(column, value) -> the numbers of its items; columns as given, values by size then name."""
    found: dict[tuple[str, str], list[int]] = {}
    for column, values in slices.items():
        if any(length != len(values) for length in lengths):
            raise ValueError(f"slice {column!r} has {len(values)} entries for {lengths} items")
        sizes = Counter(value for value in values if value is not None)
        for value in sorted(sizes, key=lambda name: (-sizes[name], name)):
            found[column, value] = [n for n, other in enumerate(values) if other == value]
    return found


def _num_scored(
    scores: Mapping[str, Values], pair: tuple[str, str] | None, kept: Sequence[int], ids: Ids
) -> int:
    arms = pair or tuple(scores)[:1]
    scored = [n for n in kept if all(scores[arm][n] is not None for arm in arms)]
    return len(scored if ids is None else {ids[n] for n in scored})


def _taken(values: Sequence[Any] | None, kept: Sequence[int]) -> Any:
    return None if values is None else [values[n] for n in kept]


def _compared(
    scores: Mapping[str, Values],
    pair: tuple[str, str] | None,
    metric: str,
    level: float,
    kept: Sequence[int],
    groups: Sequence[Hashable | None] | None,
    ids: Ids,
    is_large: bool,
) -> Comparison | None:
    if pair is None:
        return None
    a, b = ((arm, _taken(scores[arm], kept)) for arm in pair)
    found = compare_scores(
        a, b, metric=metric, level=level, groups=_taken(groups, kept), ids=_taken(ids, kept)
    )
    if is_large:
        return found
    return Comparison(
        found.a, found.b, metric, found.difference, None, None, level, "none", found.n,
        found.num_unscored, found.a_value, found.b_value,
    )  # fmt: skip


def _mean(row: SliceRow, arm: str | None) -> Any:
    interval = row.arms.get(arm) if arm else None
    return interval.value if interval else None


def _lost(row: SliceRow) -> Any:
    return row.comparison.difference if row.comparison else None


def slice_values(
    items: Sequence[Example],
    columns: Sequence[str] = (),
    rules: Mapping[str, SliceRule] | None = None,
) -> dict[str, list[str | None]]:
    """Which slice of every column and rule each item is in.

    A column has a slice for each of its values, `(none)` for items without one; beyond the
    `MAX_VALUES` most frequent values the rest is one slice. A rule has one slice, of the items
    that it takes in.

    Raises:
        ConfigError: No item has a column that is named; all of them together.
    """
    rules = rules or {}
    asked = [("eval.slices", name) for name in columns]
    asked += [(f"eval.slice_rules.{name}", r.column) for name, r in rules.items() if r.column]
    known = {name for item in items for name in item.fields}
    missing = [
        f"{key}: no judged item has a column {column!r} (there are:"
        f" {', '.join(sorted(known)) or 'none'})."
        for key, column in asked
        if items and column not in known
    ]
    if missing:
        raise ConfigError(missing)
    found: dict[str, list[str | None]] = {name: _by_column(items, name) for name in columns}
    for name, rule in rules.items():
        found[name] = ["yes" if in_rule(rule, item) else None for item in items]
    return found


def _by_column(items: Sequence[Example], column: str) -> list[str | None]:
    values = [_as_text(item.fields.get(column)) for item in items]
    kept = {value for value, _ in Counter(values).most_common(MAX_VALUES)}
    return [value if value in kept else REST for value in values]


def _as_text(value: Any) -> str:
    return NONE if value is None or value == "" else str(value)


def in_rule(rule: SliceRule, item: Example) -> bool:
    """Whether a rule takes an item in: all that it names has to hold."""
    text = item.question if rule.column is None else _as_text(item.fields.get(rule.column))
    num_words = len(item.question.split())
    return (
        (not rule.equals or text in rule.equals)
        and (rule.regex is None or re.search(rule.regex, text) is not None)
        and (rule.min_words is None or num_words >= rule.min_words)
        and (rule.max_words is None or num_words <= rule.max_words)
    )
