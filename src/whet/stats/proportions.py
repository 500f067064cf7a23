"""Score intervals for a proportion, and for the difference of two.

All of them invert or combine score tests, so they stay inside [-1, 1], have a width when nothing
or everything is right, and hold their level at sizes where estimate +- z * standard error
does not (Newcombe 1998; Fagerland, Lydersen and Laake 2014).

For paired answers **Tango's interval is the default**. Both it and Newcombe's hybrid were
simulated at n = 20 to 300, differences 0 to 0.3, discordance 0.03 to 0.6. A decision reads one
end only, so the error of each end was compared with half the level, at 0.04 and at 0.005: where
both arms win some items, Tango's ends err at most 1.3 times the nominal rate, Newcombe's up to
2.5 times; where one arm never wins, 2 times against 5.7.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from whet.types import Interval


def normal_quantile(level: float) -> float:
    """The standard normal's upper `level / 2` point: 1.96 for 0.05."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return -NormalDist().inv_cdf(level / 2)


def wilson(successes: float, n: int, level: float = 0.05) -> Interval:
    """A proportion with Wilson's score interval.

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z / (1 + z^2 / n) * sqrt(p (1 - p) / n + z^2 / 4n^2)

    Source: Wilson 1927, JASA 22:209-212.
    """
    _check_counts(n, successes, n - successes)
    low, high = _wilson_ends(successes / n, n, normal_quantile(level))
    return Interval(successes / n, low, high, n, level, "wilson")


def _wilson_ends(p: float, n: float, z: float) -> tuple[float, float]:
    shrink = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half))


def newcombe(a: int, n_a: int, b: int, n_b: int, level: float = 0.05) -> Interval:
    """The difference a / n_a - b / n_b of independent samples, with Newcombe's interval.

    With Wilson ends (l, u) of each proportion:

        low  = d - sqrt((p_a - l_a)^2 + (u_b - p_b)^2)
        high = d + sqrt((u_a - p_a)^2 + (p_b - l_b)^2)

    `n` of the result is the smaller sample. Not for arms that answered the same items: those
    are paired. Source: Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
    """
    _check_counts(n_a, a, n_a - a)
    _check_counts(n_b, b, n_b - b)
    z, p_a, p_b = normal_quantile(level), a / n_a, b / n_b
    low_a, high_a = _wilson_ends(p_a, n_a, z)
    low_b, high_b = _wilson_ends(p_b, n_b, z)
    low = p_a - p_b - math.hypot(p_a - low_a, high_b - p_b)
    high = p_a - p_b + math.hypot(high_a - p_a, p_b - low_b)
    return Interval(p_a - p_b, low, high, min(n_a, n_b), level, "newcombe")


def newcombe_paired(
    both: int, only_a: int, only_b: int, neither: int, level: float = 0.05
) -> Interval:
    """Share right of a minus share right of b on the same items, by Newcombe's hybrid.

    The independent formula with a correlation term: each root becomes
    sqrt(x^2 - 2 phi x y + y^2), where phi = (both * neither - only_a * only_b) / sqrt(product of
    the four margins), its numerator lessened by n / 2 (not below 0) when positive, and phi = 0
    when a margin is empty. Kept as a second opinion beside `tango`.

    Source: Newcombe 1998, Statistics in Medicine 17:2635-2650, method 10.
    """
    n = both + only_a + only_b + neither
    _check_counts(n, both, only_a, only_b, neither)
    z, p_a, p_b = normal_quantile(level), (both + only_a) / n, (both + only_b) / n
    low_a, high_a = _wilson_ends(p_a, n, z)
    low_b, high_b = _wilson_ends(p_b, n, z)
    phi = _corrected_phi(both, only_a, only_b, neither)
    low = p_a - p_b - _correlated_hypot(p_a - low_a, high_b - p_b, phi)
    high = p_a - p_b + _correlated_hypot(high_a - p_a, p_b - low_b, phi)
    return Interval(p_a - p_b, max(-1.0, low), min(1.0, high), n, level, "newcombe-paired")


def _corrected_phi(both: int, only_a: int, only_b: int, neither: int) -> float:
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    cross = float(both * neither - only_a * only_b)
    if cross > 0:
        cross = max(cross - (both + only_a + only_b + neither) / 2, 0.0)
    return cross / math.sqrt(margins)


def _correlated_hypot(x: float, y: float, phi: float) -> float:
    return math.sqrt(max(0.0, x * x - 2 * phi * x * y + y * y))


def tango_statistic(wins: float, losses: float, n: float, difference: float) -> float:
    """Tango's score statistic against a true `difference`; standard normal under it.

        T(d) = (wins - losses - n d) / sqrt(n (2 q + d (1 - d)))

    where q, the chance of a loss, is its maximum-likelihood estimate under d: the larger root of
    2n q^2 + B q + C = 0 with B = -wins - losses + (2n - wins + losses) d, C = -losses d (1 - d).
    Falls as d grows. Source: Tango 1998, Statistics in Medicine 17:891-908.
    """
    b = -wins - losses + (2 * n - wins + losses) * difference
    c = -losses * difference * (1 - difference)
    q = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * q + difference * (1 - difference))
    excess = wins - losses - n * difference
    if variance <= 1e-12 * n:
        return 0.0 if abs(excess) < 1e-9 * n else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)


def tango(
    wins: float, losses: float, n: float, level: float = 0.05, *, quantile: float | None = None
) -> Interval:
    """(wins - losses) / n over n pairs, with Tango's score interval.

    A win is a pair that only the first arm gets right, a loss one that only the second does. The
    interval holds every d with |T(d)| <= z. Counts may be fractions, and `quantile` may replace
    z: the clustered form in `paired.py` needs both.
    """
    _check_counts(n, wins, losses, n - wins - losses)
    z = normal_quantile(level) if quantile is None else quantile
    # T(d; wins, losses) = -T(-d; losses, wins): the upper end is the mirrored lower end.
    low = _tango_lower(wins, losses, n, z)
    high = -_tango_lower(losses, wins, n, z)
    return Interval((wins - losses) / n, low, high, round(n), level, "tango")


def _tango_lower(wins: float, losses: float, n: float, z: float) -> float:
    """The smallest d with T(d) <= z, by bisection to 1e-12."""
    low, high = -1.0, (wins - losses) / n
    for _ in range(44):
        middle = (low + high) / 2
        if tango_statistic(wins, losses, n, middle) > z:
            low = middle
        else:
            high = middle
    return high if high > -1.0 + 1e-9 else -1.0


def _check_counts(n: float, *counts: float) -> None:
    if n <= 0:
        raise ValueError("an interval needs at least one item")
    if any(count < -1e-9 for count in counts):
        raise ValueError(f"counts must not be negative or exceed n = {n}")
