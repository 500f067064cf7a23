"""From scores to intervals: each arm by itself, and each pair of arms on the same items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from math import fsum
from typing import Any

from whet.evals.items import Groups as Groups
from whet.evals.items import Values as Values
from whet.evals.items import groups_per_item, per_item
from whet.stats.means import mean_interval
from whet.stats.paired import difference_interval, paired_difference
from whet.stats.proportions import wilson
from whet.types import Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """a - b on one metric, over the items that both arms have a score for.

    `difference` is None when there is no such item, the ends when there is no interval.
    `a_value` and `b_value` are the means over those `n` items; votes have none.
    """

    a: str
    b: str
    metric: str
    difference: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    n: int = 0
    num_unscored: int = 0
    a_value: float | None = None
    b_value: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        return asdict(self)

    @property
    def interval(self) -> Interval | None:
        """The same as an Interval; None when nothing was compared."""
        if self.difference is None:
            return None
        return Interval(self.difference, self.low, self.high, self.n, self.level, self.method)


Compare = Callable[[str, str, float], Comparison]
"""(a, b, two-sided level) -> the comparison. The verdict asks through this alone."""


Ids = Sequence[str] | None
"""The id of each row; rows of one id are one item, and averaged before anything is compared."""


def arm_interval(
    values: Values, level: float = 0.05, groups: Groups = None, ids: Ids = None
) -> Interval | None:
    """The mean of an arm's scores with its interval; None when nothing is scored.

    Wilson for scores of 0 and 1 without shared groups, else `mean_interval`. The interval of one
    arm is for reading: decisions take paired differences.
    """
    values, groups = per_item(values, ids), groups_per_item(groups, ids)
    kept = [index for index, value in enumerate(values) if value is not None]
    scored = [value for value in values if value is not None]
    if not scored:
        return None
    kept_groups = [groups[index] for index in kept] if groups is not None else None
    named = [group for group in kept_groups or () if group is not None]
    if set(scored) <= {0.0, 1.0} and len(named) == len(set(named)):
        return wilson(sum(scored), len(scored), level)
    bounds = (0.0, 1.0) if all(0 <= value <= 1 for value in scored) else None
    return mean_interval(scored, level, groups=kept_groups, bounds=bounds)


def arm_table(
    scores: Mapping[str, Mapping[str, Values]],
    level: float = 0.05,
    groups: Groups = None,
    ids: Ids = None,
) -> dict[str, dict[str, Interval | None]]:
    """{arm: {metric: interval}} from {arm: {metric: scores}}."""
    return {
        arm: {
            metric: arm_interval(values, level, groups, ids) for metric, values in metrics.items()
        }
        for arm, metrics in scores.items()
    }


def compare_scores(
    a: tuple[str, Values],
    b: tuple[str, Values],
    *,
    metric: str,
    level: float,
    groups: Groups = None,
    ids: Ids = None,
) -> Comparison:
    """The difference a - b with its paired interval, over items scored for both.

    `num_unscored` counts the others; when they are many, the verdict refuses to decide.

    Raises:
        ValueError: The arms did not answer the same items.
    """
    groups = groups_per_item(groups, ids)
    pairs = list(zip(per_item(a[1], ids), per_item(b[1], ids), strict=True))
    kept = [index for index, (x, y) in enumerate(pairs) if x is not None and y is not None]
    unscored = len(pairs) - len(kept)
    if not kept:
        return Comparison(a[0], b[0], metric, None, None, None, level, "none", 0, unscored)
    ours = [float(pairs[index][0] or 0) for index in kept]
    theirs = [float(pairs[index][1] or 0) for index in kept]
    found = paired_difference(
        ours,
        theirs,
        level=level,
        groups=[groups[index] for index in kept] if groups is not None else None,
    )
    return Comparison(
        *(a[0], b[0], metric, found.value, found.low, found.high, level, found.method),
        n=found.n,
        num_unscored=unscored,
        a_value=fsum(ours) / len(ours),
        b_value=fsum(theirs) / len(theirs),
    )


def by_scores(
    scores: Mapping[str, Values], metric: str, groups: Groups = None, ids: Ids = None
) -> Compare:
    """Comparisons of arms that were scored on the same items, each computed once."""

    @cache
    def compare(a: str, b: str, level: float) -> Comparison:
        return compare_scores(
            (a, scores[a]), (b, scores[b]), metric=metric, level=level, groups=groups, ids=ids
        )

    return compare


def by_votes(
    votes: Mapping[tuple[str, str], Values],
    metric: str = "preference",
    groups: Groups = None,
    ids: Ids = None,
) -> Compare:
    """Comparisons from blind votes on pairs of answers.

    Args:
        votes: For (a, b), one value an item: +1 where a was preferred, -1 where b was, 0 for a
            tie; the mean of its votes where an item has several; None without a vote. A pair
            stands in one order only.
        metric: The name under which the comparison is reported.
        groups: The group of each item.
        ids: The id of each row; votes of one id are averaged first.
    """
    grouped = groups_per_item(groups, ids)

    @cache
    def compare(a: str, b: str, level: float) -> Comparison:
        forward = (a, b) in votes
        given = votes[a, b] if forward else votes.get((b, a), ())
        found = per_item(given, ids) if given else []
        sign = 1.0 if forward else -1.0
        kept = [(index, sign * value) for index, value in enumerate(found) if value is not None]
        unvoted = len(found) - len(kept)
        if not kept:
            return Comparison(a, b, metric, None, None, None, level, "none", 0, unvoted)
        interval = difference_interval(
            [value for _, value in kept],
            level=level,
            groups=[grouped[index] for index, _ in kept] if grouped is not None else None,
            bounds=(-1.0, 1.0),
        )
        return Comparison(
            *(a, b, metric, interval.value, interval.low, interval.high, level, interval.method),
            n=interval.n,
        )

    return compare


def all_pairs(
    compare: Compare, candidates: Sequence[str], baselines: Sequence[str], level: float
) -> list[Comparison]:
    """Every candidate minus every baseline."""
    return [compare(a, b, level) for a in candidates for b in baselines]
