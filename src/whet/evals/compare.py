"""From scores to intervals: each arm by itself, and each pair of arms on the same items.

Whether an item has a score may depend on the answer: an answer without a fact has no faithfulness,
a judge stumbles over one answer and not over another. Leaving such items out would let an arm win
by what it does not say. So where one arm alone has no score, both ends of the interval have to hold
whatever the score would have been: the lower one with the worst for a and the best for b, the upper
one the other way round. An item that neither arm has a score for is left out. The difference itself
is of the items scored for both: what is missing is nowhere shown as a 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    `a_value` and `b_value` are the means over those `n` items; votes have none. The ends hold
    whatever the score of an item would be that has one for a or b alone.
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


MAX_UNSCORED = 0.05
"""A comparison that leaves out more of the items than this stays open: what is missing is rarely
missing by chance."""


def readable(pair: Comparison) -> bool:
    """Whether enough of the items have a score on both sides."""
    return pair.n > 0 and pair.num_unscored <= MAX_UNSCORED * (pair.n + pair.num_unscored)


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

    `num_unscored` counts the others; when they are many, the verdict refuses to decide. Where one
    arm alone has a score, the ends hold whatever the other's would be.

    Raises:
        ValueError: The arms did not answer the same items.
    """
    groups = groups_per_item(groups, ids)
    pairs = list(zip(per_item(a[1], ids), per_item(b[1], ids), strict=True))
    both = [(x, y) for x, y in pairs if x is not None and y is not None]
    unscored = len(pairs) - len(both)
    if not both:
        return Comparison(a[0], b[0], metric, None, None, None, level, "none", 0, unscored)
    found = _held(pairs, level, groups)
    return Comparison(
        *(a[0], b[0], metric, found.value, found.low, found.high, level, found.method),
        n=found.n,
        num_unscored=unscored,
        a_value=fsum(x for x, _ in both) / len(both),
        b_value=fsum(y for _, y in both) / len(both),
    )


_Pair = tuple[float | None, float | None]


def _held(pairs: Sequence[_Pair], level: float, groups: Groups) -> Interval:
    """The paired interval, its ends at what the items with one score of two could hide."""
    found = _paired(pairs, level, groups)
    if all((x is None) == (y is None) for x, y in pairs):
        return found
    scored = [value for pair in pairs for value in pair if value is not None]
    least, most = min(0.0, *scored), max(1.0, *scored)
    worst = _paired([_filled(pair, least, most) for pair in pairs], level, groups)
    best = _paired([_filled(pair, most, least) for pair in pairs], level, groups)
    return _between(found, worst, best)


def _paired(pairs: Sequence[_Pair], level: float, groups: Groups) -> Interval:
    kept = [n for n, (x, y) in enumerate(pairs) if x is not None and y is not None]
    ours, theirs = ([float(pairs[n][side] or 0) for n in kept] for side in (0, 1))
    owned = [groups[n] for n in kept] if groups is not None else None
    return paired_difference(ours, theirs, level=level, groups=owned)


def _filled(pair: _Pair, a: float, b: float) -> _Pair:
    """The pair with what one side lacks; one without any score stays as it is."""
    x, y = pair
    if x is None and y is None:
        return pair
    return a if x is None else x, b if y is None else y


def _between(found: Interval, worst: Interval, best: Interval) -> Interval:
    """The interval from the lowest to the highest end of the three."""
    lows = [one.low for one in (found, worst, best) if one.low is not None]
    highs = [one.high for one in (found, worst, best) if one.high is not None]
    whole = len(lows) == len(highs) == 3
    return replace(found, low=min(lows) if whole else None, high=max(highs) if whole else None)


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
    *,
    faults: bool = False,
) -> Compare:
    """Comparisons from blind votes on pairs of answers.

    Args:
        votes: For (a, b), one value an item: +1 where a was preferred, -1 where b was, 0 for a
            tie; the mean of its votes where an item has several; None without a vote. A pair
            stands in one order only.
        metric: The name under which the comparison is reported.
        groups: The group of each item.
        ids: The id of each row; votes of one id are averaged first.
        faults: Whether an item without a vote was asked about in vain (a judge's faults), and not
            left alone by chance: it is counted as unscored, and both ends hold whatever was said.
    """
    grouped = groups_per_item(groups, ids)

    @cache
    def compare(a: str, b: str, level: float) -> Comparison:
        forward = (a, b) in votes
        given = votes[a, b] if forward else votes.get((b, a), ())
        sign = 1.0 if forward else -1.0
        found = [None if v is None else sign * v for v in (per_item(given, ids) if given else [])]
        unvoted = sum(value is None for value in found)
        if unvoted == len(found):
            return Comparison(a, b, metric, None, None, None, level, "none", 0, unvoted)
        interval = _of_votes(found, level, grouped)
        if faults and unvoted:
            worst, best = (
                _of_votes([end if v is None else v for v in found], level, grouped)
                for end in (-1.0, 1.0)
            )
            interval = _between(interval, worst, best)
        return Comparison(
            *(a, b, metric, interval.value, interval.low, interval.high, level, interval.method),
            n=interval.n,
            num_unscored=unvoted if faults else 0,
        )

    return compare


def _of_votes(values: Values, level: float, groups: Groups) -> Interval:
    kept = [(n, value) for n, value in enumerate(values) if value is not None]
    return difference_interval(
        [value for _, value in kept],
        level=level,
        groups=[groups[n] for n, _ in kept] if groups is not None else None,
        bounds=(-1.0, 1.0),
    )
