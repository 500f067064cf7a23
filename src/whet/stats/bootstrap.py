"""Bootstrap intervals of a mean, by cluster: BCa, bootstrap-t, and the widest of them and t.

Clusters are sorted first and drawn from a fixed seed: the order in which items were answered
changes nothing, nor does the run. The interval of -x is exactly the mirror of that of x.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
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
_CHUNK_CELLS = 4_000_000
_KEPT_CELLS = 8_000_000


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
    found, sign = _oriented(clusters(values, groups))
    drawn, _ = _resample(found, resamples or _num_resamples(level))
    return _restored(found, _bca_ends(found, drawn, level), sign, level, "bca")


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
    found, sign = _oriented(clusters(values, groups))
    drawn, errors = _resample(found, resamples or _num_resamples(level))
    ends = _bootstrap_t_ends(found, drawn, errors, level)
    return _restored(found, ends, sign, level, "bootstrap-t")


def widest(
    values: Sequence[float],
    level: float = 0.05,
    *,
    groups: Groups = None,
    resamples: int | None = None,
) -> Interval:
    """The mean with the outermost ends of BCa, bootstrap-t and Student's t, from one resampling.

    Each of them errs where another holds: t on the long side of skewed scores, the bootstraps on
    heavy tails and on few items. So a bootstrap can withhold a win that t sees, never add one.
    """
    from scipy.special import stdtrit

    found, sign = _oriented(clusters(values, groups))
    drawn, errors = _resample(found, resamples or _num_resamples(level))
    half = -float(stdtrit(len(found.totals) - 1, level / 2)) * standard_error(found)
    three = (
        _bca_ends(found, drawn, level),
        _bootstrap_t_ends(found, drawn, errors, level),
        (found.mean - half, found.mean + half),
    )
    ends = min(low for low, _ in three), max(high for _, high in three)
    return _restored(found, ends, sign, level, "bootstrap-and-t")


def _num_resamples(level: float) -> int:
    return max(MIN_RESAMPLES, math.ceil(400 / level))


def _oriented(found: Clusters) -> tuple[Clusters, float]:
    """Clusters turned so that the mean is not negative, and the sign that turns them back."""
    if found.mean >= 0:
        return found, 1.0
    pairs = sorted((-total, size) for total, size in zip(*found, strict=True))
    return Clusters(tuple(total for total, _ in pairs), tuple(size for _, size in pairs)), -1.0


def _restored(
    found: Clusters, ends: tuple[float, float], sign: float, level: float, method: str
) -> Interval:
    mean, n = found.mean, sum(found.sizes)
    low, high = sorted((sign * min(ends[0], mean), sign * max(ends[1], mean)))
    name = method if max(found.sizes) == 1 else f"cluster-{method}"
    return Interval(sign * mean, low, high, n, level, name)


def _resample(found: Clusters, num: int) -> tuple[Vector, Vector]:
    """Means and standard errors of `num` resamples of the clusters, drawn with replacement.

    With r = S - m * mean of each cluster, a resample that holds cluster g w_g times has the mean
    mean + sum(w r) / sum(w m); so all of them are a few products with the matrix of w.
    """
    import numpy as np

    sizes, num_clusters = np.array(found.sizes, dtype=np.float64), len(found.totals)
    residuals = np.array(found.totals) - sizes * found.mean
    columns = [residuals, residuals**2]
    if max(found.sizes) > 1:
        columns += [sizes, residuals * sizes, sizes**2]
    table = np.stack(columns, axis=1)
    sums = np.concatenate([part @ table for part in _times_drawn(num_clusters, num)]).T
    # Of single items every resample holds as many: sum(w m) and its like are G.
    count, cross, double = sums[2:] if len(sums) > 2 else (num_clusters, sums[0], num_clusters)
    shift = sums[0] / count
    squares = np.maximum(sums[1] - 2 * shift * cross + shift**2 * double, 0)
    errors = np.sqrt(squares * num_clusters / (num_clusters - 1)) / count
    return found.mean + shift, errors


def _times_drawn(num_clusters: int, num: int) -> Iterator[Vector]:
    """How often each cluster is drawn in each resample, shape (some of num, num_clusters)."""
    if num_clusters * num <= _KEPT_CELLS:
        yield _kept_times_drawn(num_clusters, num)
        return
    import numpy as np

    rng = np.random.default_rng(_SEED)
    for start in range(0, num, step := max(1, _CHUNK_CELLS // num_clusters)):
        yield _drawn(rng, num_clusters, min(step, num - start))


@lru_cache(maxsize=1)
def _kept_times_drawn(num_clusters: int, num: int) -> Vector:
    """The same in one piece, at most 64 MB: comparisons of one test set draw it once."""
    import numpy as np

    return _drawn(np.random.default_rng(_SEED), num_clusters, num)


def _drawn(rng: np.random.Generator, num_clusters: int, num: int) -> Vector:
    import numpy as np

    picks = rng.integers(0, num_clusters, size=(num, num_clusters))
    picks += num_clusters * np.arange(num)[:, None]
    times = np.bincount(picks.ravel(), minlength=num * num_clusters)
    return times.reshape(num, num_clusters).astype(np.float64)


def _bca_ends(found: Clusters, drawn: Vector, level: float) -> tuple[float, float]:
    import numpy as np
    from scipy.special import ndtr, ndtri

    mean = found.mean
    alike = 1e-12 * (1 + abs(mean))
    share = float(np.mean(drawn < mean - alike) + np.mean(np.abs(drawn - mean) <= alike) / 2)
    bias = float(ndtri(min(max(share, 0.5 / len(drawn)), 1 - 0.5 / len(drawn))))
    tails = bias + np.array([-1.0, 1.0]) * normal_quantile(level)
    places = ndtr(bias + tails / np.maximum(1 - _acceleration(found) * tails, 0.1))
    low, high = (float(end) for end in np.quantile(drawn, places))
    return low, high


def _bootstrap_t_ends(
    found: Clusters, drawn: Vector, errors: Vector, level: float
) -> tuple[float, float]:
    import numpy as np

    error, mean = standard_error(found), found.mean
    usable = errors > 1e-9 * error
    if error <= 0 or not usable.any():
        return mean, mean
    ratios = (drawn[usable] - mean) / errors[usable]
    lower, upper = (float(end) for end in np.quantile(ratios, [level / 2, 1 - level / 2]))
    return mean - upper * error, mean - lower * error


def _acceleration(found: Clusters) -> float:
    """sum(d^3) / (6 sum(d^2)^1.5) of the jackknife deviations d, one cluster left out each."""
    import numpy as np

    totals, sizes = np.array(found.totals), np.array(found.sizes, dtype=np.float64)
    left_out = (totals.sum() - totals) / (sizes.sum() - sizes)
    deviations = left_out.mean() - left_out
    spread = float((deviations**2).sum())
    return float((deviations**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
