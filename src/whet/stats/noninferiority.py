"""Is it not worse by more than a margin? Three answers, one interval."""

from __future__ import annotations

from dataclasses import dataclass

from whet.types import Interval, Outcome


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """The outcome, with the interval and the margin it was read from."""

    outcome: Outcome
    interval: Interval
    margin: float


def non_inferior(harm: Interval, margin: float) -> NonInferiority:
    """Whether a `harm` (more is worse) is shown to stay below `margin`.

    Pass when the upper end is below the margin, fail when the lower end is at or above it,
    inconclusive when the interval holds the margin or has no ends. With the two-sided level a,
    pass and fail each err with probability a / 2; joined by AND with others, each keeps its full
    level, because all of them must hold (intersection-union).

    For a score where more is better, hand in `mirrored(gain)`.
    """
    if margin < 0:
        raise ValueError(f"a margin of non-inferiority is not negative, but this is {margin}")
    return NonInferiority(below(harm, margin), harm, margin)


def below(interval: Interval, bound: float) -> Outcome:
    """Pass if the whole interval is below the bound, fail if none is; a missing end is open."""
    if interval.high is not None and interval.high < bound:
        return Outcome.PASS
    if interval.low is not None and interval.low >= bound:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE


def mirrored(interval: Interval) -> Interval:
    """The interval of the negated quantity: a loss from a gain, b - a from a - b."""
    low = None if interval.high is None else -interval.high
    high = None if interval.low is None else -interval.low
    return Interval(-interval.value, low, high, interval.n, interval.level, interval.method)
