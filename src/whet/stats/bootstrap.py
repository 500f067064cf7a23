"""Bootstrap intervals of a mean, by cluster: BCa and bootstrap-t.

Clusters are sorted first and drawn from a fixed seed: the order in which items were answered
changes nothing, nor does the run. The interval of -x is exactly the mirror of that of x.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from whet.stats.clusters import Clusters, Groups, clusters, standard_error
from whet.stats.proportions import normal_quantile
from whet.types import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

MIN_RESAMPLES = 10_000
_SEED = 20_260_101
_CHUNK_DRAWS = 4_000_000


def bca(
    values: Sequence[float],
    level: float = 0.05,
    *,
    groups: Groups = None,
    resamples: int | None = None,
) -> Interval:
    """The mean with the bias-corrected and accelerated bootstrap interval, over clusters.

    The ends are the quantiles Phi(z0 + (z0 +- z) / (1 - a (z0 +- z))) of the resampled means: z0
    from the share of them below the mean (ties half), a from the skewness of the jackknife.
    At least 10,000 resamples, and 400 / level where that is more, so that 200 lie beyond an end.

    Source: Efron 1987, JASA 82:171-185.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    found, sign = _oriented(clusters(values, groups))
    drawn, _ = _resample(found, resamples or _num_resamples(level), with_errors=False)
    mean = found.mean
    share = float(np.mean(drawn < mean) + np.mean(drawn == mean) / 2)
    bias = float(ndtri(min(max(share, 0.5 / len(drawn)), 1 - 0.5 / len(drawn))))
    tails = bias + np.array([-1.0, 1.0]) * normal_quantile(level)
    places = ndtr(bias + tails / np.maximum(1 - _acceleration(found) * tails, 0.1))
    low, high = (float(end) for end in np.quantile(drawn, places))
    method = "bca" if max(found.sizes) == 1 else "cluster-bca"
    return _restored(mean, low, high, sign, sum(found.sizes), level, method)


def studentised(
    values: Sequence[float],
    level: float = 0.05,
    *,
    groups: Groups = None,
    resamples: int | None = None,
) -> Interval:
    """The mean with the bootstrap-t interval, over clusters.

    mean - t* se at the quantiles of (resampled mean - mean) / resampled standard error.
    Resamples without spread are left out. Source: Efron and Tibshirani 1993, section 12.5.
    """
    import numpy as np

    found, sign = _oriented(clusters(values, groups))
    drawn, errors = _resample(found, resamples or _num_resamples(level), with_errors=True)
    error, mean = standard_error(found), found.mean
    usable = errors > 1e-12
    if not usable.any():
        return Interval(sign * mean, sign * mean, sign * mean, sum(found.sizes), level, "all-equal")
    ratios = (drawn[usable] - mean) / errors[usable]
    lower, upper = (float(end) for end in np.quantile(ratios, [level / 2, 1 - level / 2]))
    low, high = mean - upper * error, mean - lower * error
    method = "bootstrap-t" if max(found.sizes) == 1 else "cluster-bootstrap-t"
    return _restored(mean, low, high, sign, sum(found.sizes), level, method)


def _num_resamples(level: float) -> int:
    return max(MIN_RESAMPLES, math.ceil(400 / level))


def _oriented(found: Clusters) -> tuple[Clusters, float]:
    """Clusters turned so that the mean is not negative, and the sign that turns them back."""
    if found.mean >= 0:
        return found, 1.0
    pairs = sorted((-total, size) for total, size in zip(*found, strict=True))
    return Clusters(tuple(total for total, _ in pairs), tuple(size for _, size in pairs)), -1.0


def _restored(
    mean: float, low: float, high: float, sign: float, n: int, level: float, method: str
) -> Interval:
    ends = sorted((sign * min(low, mean), sign * max(high, mean)))
    return Interval(sign * mean, ends[0], ends[1], n, level, method)


def _resample(found: Clusters, num: int, *, with_errors: bool) -> tuple[Vector, Vector]:
    """Means (and standard errors) of `num` resamples of the clusters, drawn with replacement."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    totals, sizes = np.array(found.totals), np.array(found.sizes, dtype=np.float64)
    num_clusters = len(totals)
    means, errors = [], []
    for start in range(0, num, step := max(1, _CHUNK_DRAWS // num_clusters)):
        picks = rng.integers(0, num_clusters, size=(min(step, num - start), num_clusters))
        total, size = totals[picks], sizes[picks]
        weight = size.sum(axis=1)
        mean = total.sum(axis=1) / weight
        means.append(mean)
        if with_errors:
            squares = ((total - size * mean[:, None]) ** 2).sum(axis=1)
            errors.append(np.sqrt(squares * num_clusters / (num_clusters - 1)) / weight)
    return np.concatenate(means), np.concatenate(errors) if errors else np.empty(0)


def _acceleration(found: Clusters) -> float:
    """sum(d^3) / (6 sum(d^2)^1.5) of the jackknife deviations d, one cluster left out each."""
    import numpy as np

    totals, sizes = np.array(found.totals), np.array(found.sizes, dtype=np.float64)
    left_out = (totals.sum() - totals) / (sizes.sum() - sizes)
    deviations = left_out.mean() - left_out
    spread = float((deviations**2).sum())
    return float((deviations**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
