"""Bootstrap of a statistic that reads only how often each kind of item occurs.

Two raters' labels of 500 items are a table of counts; drawing 500 items with replacement is drawing
one multinomial over its cells. So 10,000 resamples cost one array, and the order of items cannot
matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from whet.stats.proportions import normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Statistic = Callable[[Vector], Vector]

RESAMPLES = 10_000
_SEED = 20_260_102
_CHUNK_CELLS = 2_000_000


def bca_of_counts(
    statistic: Statistic, counts: Vector, level: float, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The BCa ends of a statistic of counts; None where it is undefined in most resamples.

    Args:
        statistic: From rows of counts, shape (resamples, kinds), to one value each; NaN where it
            is undefined. Undefined resamples are left out.
        counts: How many items there are of each kind.
        level: Two-sided error.
        resamples: How many are drawn.

    Source: Efron 1987, JASA 82:171-185; the jackknife leaves out one item of each kind, weighted
    by how many there are.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    drawn = _resampled(statistic, counts, resamples)
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < resamples / 2:
        return None
    seen = float(statistic(counts[None, :])[0])
    share = float(np.mean(drawn < seen - 1e-12) + np.mean(np.abs(drawn - seen) <= 1e-12) / 2)
    bias = float(ndtri(min(max(share, 0.5 / len(drawn)), 1 - 0.5 / len(drawn))))
    tails = bias + np.array([-1.0, 1.0]) * normal_quantile(level)
    places = ndtr(bias + tails / np.maximum(1 - _acceleration(statistic, counts) * tails, 0.1))
    low, high = (float(end) for end in np.quantile(drawn, places))
    return min(low, seen), max(high, seen)


def _resampled(statistic: Statistic, counts: Vector, resamples: int) -> Vector:
    import numpy as np

    rng, num_items = np.random.default_rng(_SEED), int(counts.sum())
    step = max(1, _CHUNK_CELLS // len(counts))
    parts = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.multinomial(num_items, counts / counts.sum(), size=size)
        parts.append(statistic(drawn.astype(np.float64)))
    return np.concatenate(parts)


def _acceleration(statistic: Statistic, counts: Vector) -> float:
    import numpy as np

    present = np.flatnonzero(counts)
    left_out = statistic(counts[None, :] - np.eye(len(counts))[present])
    known = np.isfinite(left_out)
    weights, left_out = counts[present][known], left_out[known]
    if not len(left_out):
        return 0.0
    deviations = np.average(left_out, weights=weights) - left_out
    spread = float((weights * deviations**2).sum())
    return float((weights * deviations**3).sum()) / (6 * spread**1.5) if spread > 1e-18 else 0.0
