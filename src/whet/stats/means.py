"""Intervals for a mean, items weighing alike, clusters respected. `mean_interval` chooses:

    fewer than 10 clusters off the usual value    `sparse`, when the score has bounds
    one cluster, or all equal, and no bounds      no ends, or ends without width
    fewer than 50 clusters                        `student_t`
    up to 2,000 clusters                          `bca`; `studentised` is a second opinion
    more                                          `student_t`: by then they agree

BCa is the default because, simulated on graded differences (f1-like with many zeros,
exponential, rare large losses; n = 50 and 200), its ends err 0.7 to 1.8 times the nominal rate
outside the sparse case, as the bootstrap-t's do (0.4 to 1.4), while its ends always lie within
the data. Student's t there misses up to 3 times as often on the long side.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from whet.stats.bootstrap import bca
from whet.stats.clusters import Clusters, Groups, clusters, standard_error
from whet.stats.proportions import normal_quantile
from whet.types import Interval

SMALL = 50
LARGE = 2_000
SPARSE = 10


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
    num_clusters = len(found.totals)
    means = [total / size for total, size in zip(found.totals, found.sizes, strict=True)]
    usual = Counter(round(value, 12) for value in means).most_common(1)[0][1]
    off_usual = num_clusters - usual
    if bounds is not None and (off_usual < SPARSE or num_clusters == 1):
        return sparse(values, level, bounds=bounds, groups=groups)
    if num_clusters == 1 or off_usual == 0:
        return _flat(found, level)
    if SMALL <= num_clusters <= LARGE:
        return bca(values, level, groups=groups)
    return _within(student_t(values, level, groups=groups), bounds)


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


def sparse(
    values: Sequence[float],
    level: float = 0.05,
    *,
    bounds: tuple[float, float],
    groups: Groups = None,
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
    weight, total = z * z / 2, len(means) + z * z
    centre = (math.fsum(means) + weight * (bounds[0] + bounds[1])) / total
    squares = math.fsum((value - centre) ** 2 for value in means)
    squares += weight * sum((bound - centre) ** 2 for bound in bounds)
    half = z * math.sqrt(squares) / total
    low, high = max(bounds[0], centre - half), min(bounds[1], centre + half)
    mean = found.mean
    return Interval(mean, min(low, mean), max(high, mean), sum(found.sizes), level, "sparse")
