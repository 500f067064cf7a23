"""Several parts, each measured apart, as one weighted mean with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whet.types import Interval


def weighted_interval(parts: Sequence[Interval], weights: Sequence[float]) -> Interval:
    """The weighted mean of independent estimates, from the interval of each.

        theta = sum w_i theta_i / sum w_i
        low   = theta - sqrt( sum (w_i (theta_i - low_i))^2 ) / sum w_i,   high alike

    Each interval keeps its own shape: where no pair of a part differs, its interval is not empty,
    and neither is this one; of one part it is that part's. An end that a part lacks is lacking.

    Source: method of variance estimates recovery, Zou and Donner 2008, Statistics in Medicine
    27:1693-1702; for proportions Newcombe 1998.

    Raises:
        ValueError: there is no part, a weight is not positive, or the levels differ.
    """
    if not parts or len(parts) != len(weights):
        raise ValueError(f"{len(parts)} parts and {len(weights)} weights")
    if any(weight <= 0 for weight in weights):
        raise ValueError(f"weights are positive, but these are {list(weights)}")
    if len({part.level for part in parts}) > 1:
        raise ValueError("the parts' intervals are of different levels")
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    value = math.fsum(share * part.value for share, part in zip(shares, parts, strict=True))
    below = _reach([None if p.low is None else p.value - p.low for p in parts], shares)
    above = _reach([None if p.high is None else p.high - p.value for p in parts], shares)
    return Interval(
        value,
        None if below is None else value - below,
        None if above is None else value + above,
        sum(part.n for part in parts),
        parts[0].level,
        parts[0].method if len(parts) == 1 else "mover",
    )


def _reach(distances: Sequence[float | None], shares: Sequence[float]) -> float | None:
    known = [distance for distance in distances if distance is not None]
    if len(known) < len(distances):
        return None
    return math.sqrt(math.fsum((w * d) ** 2 for w, d in zip(shares, known, strict=True)))
