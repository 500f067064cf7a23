"""Items gathered by what they share: a passage, a user, a conversation.

Such items are not independent, and treating them so can make an interval three times too narrow
(Miller 2024, arXiv 2411.00640). Every mean in this folder therefore works on clusters, of which
a single item is the smallest: with totals S_g and sizes m_g of G clusters, the mean is
sum(S) / sum(m), and its error comes from S_g - m_g * mean.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

Groups = Sequence[Hashable | None] | None
"""The group of each item; None stands alone."""


class Clusters(NamedTuple):
    """Total and size of each cluster, sorted; an item without a group is its own cluster."""

    totals: tuple[float, ...]
    sizes: tuple[int, ...]

    @property
    def mean(self) -> float:
        return math.fsum(self.totals) / sum(self.sizes)


def clusters(values: Sequence[float], groups: Groups = None) -> Clusters:
    """Values gathered by group, in an order that depends on the values alone."""
    if not values:
        raise ValueError("an interval needs at least one item")
    if not all(math.isfinite(value) for value in values):
        raise ValueError("a score is not finite; an unscored item is None and is left out before")
    if groups is None:
        return Clusters(tuple(sorted(values)), (1,) * len(values))
    members: dict[Hashable, list[float]] = {}
    for index, (value, group) in enumerate(zip(values, groups, strict=True)):
        members.setdefault(("item", index) if group is None else ("group", group), []).append(value)
    pairs = sorted((math.fsum(sorted(found)), len(found)) for found in members.values())
    return Clusters(tuple(total for total, _ in pairs), tuple(size for _, size in pairs))


def standard_error(found: Clusters) -> float:
    """Cluster-robust standard error: sqrt(G / (G - 1) * sum (S_g - m_g mean)^2) / sum(m).

    With single items it is s / sqrt(n). Source: Miller 2024, equation for clustered errors, with
    the usual G / (G - 1) for few clusters.
    """
    mean, num_clusters = found.mean, len(found.totals)
    squares = ((s - m * mean) ** 2 for s, m in zip(found.totals, found.sizes, strict=True))
    return math.sqrt(math.fsum(squares) * num_clusters / (num_clusters - 1)) / sum(found.sizes)


def skewness(found: Clusters) -> float:
    """Skewness of the clusters' residuals S_g - m_g mean; 0 where they do not differ."""
    mean = found.mean
    residuals = [s - m * mean for s, m in zip(found.totals, found.sizes, strict=True)]
    spread = math.fsum(value**2 for value in residuals) / len(residuals)
    if spread <= 1e-24:
        return 0.0
    third: float = math.fsum(value**3 for value in residuals) / len(residuals)
    return third / math.sqrt(spread) ** 3
