"""Intervals for a mean, items weighing alike, clusters respected. `mean_interval` chooses:

    fewer than 10 clusters off the usual value    `sparse`
    one cluster, or all equal, and no bounds      no ends, or ends without width
    fewer than 50 clusters, or more than 2,000    `skewed_t`
    else                                          `bootstrap.widest`

and, where the score has bounds, an end with fewer than 5 clusters on its side of the middle of the
bounds is moved out to what `sparse` says with one unseen item at each bound.

Each of these is an answer to an error that was measured (docs/error_rates.md). Where a few items
are lost wholly and rarely, a sample often holds none of them: Student's t, BCa and bootstrap-t
alike then put their lower end above the truth in up to 33 of 100 sets of 50. On skewed differences
each of the three errs up to 2.5 times as often as said on the long side, on heavy tails the two
bootstraps do; the widest of the three does neither, and costs little where they agree.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from whet.stats.bootstrap import widest
from whet.stats.clusters import Clusters, Groups, clusters, skewness, standard_error
from whet.stats.proportions import normal_quantile
from whet.types import Interval

SMALL = 50
LARGE = 2_000
SPARSE = 10
FEW = 5


def mean_interval(
    values: Sequence[float],
    level: float = 0.05,
    *,
    groups: Groups = None,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """The mean with an interval by the method that fits the number of clusters.

    Args:
        values: One score an item; the mean weighs items, not groups, alike.
        level: Two-sided error.
        groups: The group of each item; None stands alone.
        bounds: The least and greatest value an item can have. Without them nothing can be said
            about values that have not been seen, and equal values give an interval of no width.
    """
    found = clusters(values, groups)
    means = [total / size for total, size in zip(found.totals, found.sizes, strict=True)]
    usual, times = Counter(round(value, 12) for value in means).most_common(1)[0]
    off_usual, num_clusters = len(means) - times, len(means)
    if bounds is None and (num_clusters == 1 or off_usual == 0):
        return _flat(found, level)
    if num_clusters == 1 or off_usual < SPARSE:
        reach = max(abs(value - usual) for value in means)
        return sparse(values, level, bounds=bounds or (usual - reach, usual + reach), groups=groups)
    method = widest if SMALL <= num_clusters <= LARGE else skewed_t
    interval = method(values, level, groups=groups)
    if bounds is None:
        return interval
    return _within(_guarded(interval, values, means, bounds, groups), bounds)


def _guarded(
    interval: Interval,
    values: Sequence[float],
    means: Sequence[float],
    bounds: tuple[float, float],
    groups: Groups,
) -> Interval:
    """The interval, each end moved out where hardly any cluster lies on its side.

    Without a loss among 50 items, losses on 4 of 100 are likely enough; no method can read their
    size from items that show none.
    """
    middle = (bounds[0] + bounds[1]) / 2
    weight = normal_quantile(interval.level) ** 2 / 4
    wide = sparse(values, interval.level, bounds=bounds, groups=groups, weight=weight)
    low, high = interval.low, interval.high
    assert low is not None and high is not None, "two clusters differ"
    assert wide.low is not None and wide.high is not None, "a bounded mean has ends"
    if sum(value < middle for value in means) < FEW:
        low = min(low, wide.low)
    if sum(value > middle for value in means) < FEW:
        high = max(high, wide.high)
    return replace(interval, low=low, high=high)


def _within(interval: Interval, bounds: tuple[float, float] | None) -> Interval:
    """The interval cut at the bounds of the score."""
    if bounds is None or interval.low is None or interval.high is None:
        return interval
    return replace(interval, low=max(bounds[0], interval.low), high=min(bounds[1], interval.high))


def _flat(found: Clusters, level: float) -> Interval:
    """No spread and no bounds: equal values show no width, one cluster shows no interval."""
    mean, n = found.mean, sum(found.sizes)
    end = mean if len(found.totals) > 1 else None
    return Interval(mean, end, end, n, level, "all-equal")


def t_quantile(level: float, degrees: int) -> float:
    """The upper `level / 2` point of Student's t."""
    from scipy.special import stdtrit

    return -float(stdtrit(degrees, level / 2))


def student_t(values: Sequence[float], level: float = 0.05, *, groups: Groups = None) -> Interval:
    """Mean +- t(G - 1) * standard error, over G clusters."""
    found = clusters(values, groups)
    if len(found.totals) < 2:
        return _flat(found, level)
    half = t_quantile(level, len(found.totals) - 1) * standard_error(found)
    method = "student-t" if max(found.sizes) == 1 else "cluster-t"
    return Interval(
        found.mean, found.mean - half, found.mean + half, sum(found.sizes), level, method
    )


def skewed_t(values: Sequence[float], level: float = 0.05, *, groups: Groups = None) -> Interval:
    """Student's t, each end moved out where the skewness of the sample asks for it.

    The quantiles of the t statistic of a skewed sample are, to the next order,

        z - g (2 z^2 + 1) / (6 sqrt(G))    and    -z - g (2 z^2 + 1) / (6 sqrt(G))

    with the skewness g of G clusters. Only the end on the long side moves: taking in the other
    would trust a skewness read from few items.

    Source: Johnson 1978, JASA 73:536-544; Hall 1992, JRSSB 54:221-228.
    """
    found = clusters(values, groups)
    plain = student_t(values, level, groups=groups)
    if plain.low is None or plain.high is None or plain.low == plain.high:
        return plain
    z = normal_quantile(level)
    step = skewness(found) * (2 * z * z + 1) / (6 * math.sqrt(len(found.totals)))
    step *= standard_error(found)
    low, high = plain.low + min(0.0, step), plain.high + max(0.0, step)
    return replace(plain, low=low, high=high, method=f"{plain.method}-skew")


def sparse(
    values: Sequence[float],
    level: float = 0.05,
    *,
    bounds: tuple[float, float],
    groups: Groups = None,
    weight: float | None = None,
) -> Interval:
    """A bounded mean where almost all items are equal: pseudo-items stand for the unseen.

    A resample of ninety-eight zeros and two gains holds no loss, and so a bootstrap is sure that
    there is none. Here each bound receives a weight of z^2 / 2 items before estimate +- z * error
    is taken: the adjustment of Agresti and Coull (1998), and for paired shares of Agresti and Min
    (2005, Statistics in Medicine 24:729-740). When no item differs at all, the ends are Tango's:
    +- z^2 / (n + z^2). Clusters count as one item each.
    """
    found = clusters(values, groups)
    means = [total / size for total, size in zip(found.totals, found.sizes, strict=True)]
    z = normal_quantile(level)
    weight = z * z / 2 if weight is None else weight
    total = len(means) + 2 * weight
    centre = (math.fsum(means) + weight * (bounds[0] + bounds[1])) / total
    squares = math.fsum((value - centre) ** 2 for value in means)
    squares += weight * sum((bound - centre) ** 2 for bound in bounds)
    half = z * math.sqrt(squares) / total
    low, high = max(bounds[0], centre - half), min(bounds[1], centre + half)
    mean = found.mean
    return Interval(mean, min(low, mean), max(high, mean), sum(found.sizes), level, "sparse")
