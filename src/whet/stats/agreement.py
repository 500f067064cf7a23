"""How far raters agree beyond chance: Cohen's kappa and Krippendorff's alpha, with intervals.

Raw agreement flatters whoever answers as most items are: two raters who say "good" nine times in
ten agree on 82 % by chance alone. Both measures take chance out: 1 is full agreement, 0 is what
chance would give, below 0 is worse than chance. Agreement is not validity: raters may be wrong
together.

    cohen_kappa          two raters, each item labelled by both
    krippendorff_alpha   any number of raters, labels may be missing

Intervals are BCa bootstraps over items. Where fewer than 10 items disagree (or agree) a bootstrap
has nothing to draw from: ten equal labels would give the interval from 1 to 1. There the ends
come from the interval of the disagreement itself, chance held as it was seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from whet.stats.counted import RESAMPLES, bca_of_counts
from whet.stats.means import SPARSE, mean_interval
from whet.stats.proportions import wilson
from whet.types import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

    Parts = Callable[[Vector], tuple[Vector, Vector]]

Label = Hashable | None
"""A rater's label of an item; None where the rater gave none."""

Weights = Literal["linear", "quadratic"] | None
Scale = Literal["nominal", "ordinal", "interval"]


def cohen_kappa(
    first: Sequence[Label],
    second: Sequence[Label],
    *,
    weights: Weights = None,
    order: Sequence[Hashable] | None = None,
    level: float = 0.05,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """1 - observed disagreement / disagreement by chance, of two raters on the same items.

    Args:
        first: Labels of one rater.
        second: Labels of the other, in the same order. An item without both is left out; `n` of
            the result counts the rest.
        weights: How much a disagreement counts: all alike, or by the distance of labels in
            `order`, or by its square.
        order: The labels in order; needed with `weights` unless labels sort by themselves.
        level: Two-sided error of the interval.
        resamples: Of the bootstrap.

    Returns:
        None where there is no item with both labels, or both raters gave one and the same label
        throughout: chance then explains all, and kappa is undefined.

    Source: Cohen 1960, Educational and Psychological Measurement 20:37-46; weighted: Cohen 1968.
    """
    import numpy as np

    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if not pairs:
        return None
    labels = _ordered({label for pair in pairs for label in pair}, order)
    place, size = {label: index for index, label in enumerate(labels)}, len(labels)
    cost = _costs(size, weights)
    counts = np.zeros(size * size)
    for a, b in pairs:
        counts[place[a] * size + place[b]] += 1

    def parts(rows: Vector) -> tuple[Vector, Vector]:
        tables = rows.reshape(-1, size, size)
        total = tables.sum(axis=(1, 2))
        chance = np.einsum("ri,rj,ij->r", tables.sum(axis=2), tables.sum(axis=1), cost) / total**2
        return (tables * cost).sum(axis=(1, 2)) / total, chance

    costs = [float(cost[place[a], place[b]]) for a, b in pairs]
    return _interval(parts, counts, costs, level, resamples, "kappa")


def krippendorff_alpha(
    ratings: Sequence[Sequence[Label]],
    *,
    scale: Scale = "nominal",
    order: Sequence[Hashable] | None = None,
    level: float = 0.05,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """1 - observed / expected disagreement, of any number of raters, some labels missing.

    Args:
        ratings: For each item, one label a rater; None where there is none. Items with fewer
            than two labels say nothing and are left out; `n` of the result counts the rest.
        scale: `nominal`: labels are alike or not. `ordinal`: they have an order, and a
            disagreement counts by how many labels were given between the two. `interval`: they
            are numbers, and it counts by the square of their distance.
        order: The labels in order; needed for `ordinal` unless labels sort by themselves.
        level: Two-sided error of the interval.
        resamples: Of the bootstrap, which draws items.

    Returns:
        None where no item has two labels, or all labels are one: alpha is then undefined.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """
    import numpy as np

    kept = [found for item in ratings if len(found := [x for x in item if x is not None]) > 1]
    if not kept:
        return None
    labels = _ordered({label for item in kept for label in item}, order)
    place, size = {label: index for index, label in enumerate(labels)}, len(labels)
    patterns = Counter(tuple(sorted(place[label] for label in item)) for item in kept)
    kinds = sorted(patterns)
    cells = np.stack([_coincidences(kind, size) for kind in kinds])
    numbers = _numbers(labels) if scale == "interval" else None

    def parts(rows: Vector) -> tuple[Vector, Vector]:
        tables = (rows @ cells.reshape(len(kinds), -1)).reshape(-1, size, size)
        margins = tables.sum(axis=2)
        distances, total = _distances(margins, scale, numbers), margins.sum(axis=1)
        chance = (margins[:, :, None] * margins[:, None, :] * distances).sum(axis=(1, 2))
        observed = (tables * distances).sum(axis=(1, 2))
        return observed / total, chance / (total * (total - 1))

    counts = np.array([patterns[kind] for kind in kinds], dtype=np.float64)
    margins = (counts @ cells.sum(axis=2))[None, :]
    seen = _distances(margins, scale, numbers)[0]
    each = (cells * seen).sum(axis=(1, 2)) / cells.sum(axis=(1, 2))
    costs = np.repeat(each, counts.astype(int)).tolist()
    return _interval(parts, counts, costs, level, resamples, "alpha", float(seen.max()))


def _ordered(found: set[Hashable], order: Sequence[Hashable] | None) -> list[Hashable]:
    """The labels in the given order, or sorted; by name where they do not compare."""
    if order is not None:
        unknown = sorted(str(label) for label in found - set(order))
        if unknown:
            raise ValueError(f"labels that `order` does not name: {', '.join(unknown)}")
        return list(order)
    some: list[Any] = list(found)
    kinds = {bool if isinstance(label, bool) else type(label) for label in some}
    if kinds <= {int, float} or len(kinds) == 1:
        return sorted(some)
    return sorted(some, key=repr)


def _costs(size: int, weights: Weights) -> Vector:
    """What a disagreement counts, from 0 to 1, shape (labels, labels)."""
    import numpy as np

    if weights is None or size == 1:
        return 1.0 - np.eye(size)
    places = np.arange(size, dtype=np.float64) / (size - 1)
    distance = np.abs(places[:, None] - places[None, :])
    return distance if weights == "linear" else distance**2


def _coincidences(kind: tuple[int, ...], size: int) -> Vector:
    """Pairs of labels within one item, each item weighing as many as it has labels."""
    import numpy as np

    each = np.bincount(kind, minlength=size).astype(np.float64)
    cells: Vector = (np.outer(each, each) - np.diag(each)) / (len(kind) - 1)
    return cells


def _distances(margins: Vector, scale: Scale, numbers: Vector | None) -> Vector:
    """Krippendorff's squared distances for rows of margins, shape (rows, labels, labels)."""
    import numpy as np

    size = margins.shape[1]
    if scale == "nominal":
        return np.broadcast_to(1.0 - np.eye(size), (len(margins), size, size))
    if numbers is not None:
        return np.broadcast_to(
            (numbers[:, None] - numbers[None, :]) ** 2, (len(margins), size, size)
        )
    # The labels given between c and k, those of c and k themselves counting half.
    middle = np.cumsum(margins, axis=1) - margins / 2
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def _numbers(labels: Sequence[Any]) -> Vector:
    import numpy as np

    if not all(isinstance(label, (int, float)) and math.isfinite(label) for label in labels):
        raise ValueError("an interval scale needs labels that are numbers")
    return np.array(labels, dtype=np.float64)


def _interval(
    parts: Parts,
    counts: Vector,
    costs: Sequence[float],
    level: float,
    resamples: int,
    name: str,
    worst: float = 1.0,
) -> Interval | None:
    """The value with its bootstrap ends; where almost all items are alike, those of the costs.

    `costs` is the disagreement of each item, from 0 to `worst`.
    """
    import numpy as np

    def statistic(rows: Vector) -> Vector:
        observed, chance = parts(rows)
        known = chance > 1e-12
        return np.where(known, 1 - observed / np.where(known, chance, 1.0), np.nan)

    value = float(statistic(counts[None, :])[0])
    if not math.isfinite(value):
        return None
    unlike = sum(cost > 0 for cost in costs)
    if min(unlike, len(costs) - unlike) >= SPARSE:
        ends = bca_of_counts(statistic, counts, level, resamples)
        if ends is not None:
            return Interval(value, *ends, len(costs), level, f"{name}-bca")
    chance = float(parts(counts[None, :])[1][0])
    if set(costs) <= {0.0, 1.0}:
        seen = wilson(math.fsum(costs), len(costs), level)
    else:
        seen = mean_interval(costs, level, bounds=(0.0, worst))
    assert seen.low is not None and seen.high is not None, "costs have bounds"
    low, high = max(-1.0, 1 - seen.high / chance), min(1.0, 1 - seen.low / chance)
    return Interval(value, min(low, value), max(high, value), len(costs), level, f"{name}-sparse")
