"""Score intervals against published examples and scipy, at the edges, and by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from whet.stats.proportions import (
    newcombe,
    newcombe_paired,
    paired_score,
    paired_statistic,
    tango,
    tango_statistic,
    wilson,
)
from whet.types import Interval


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (81, 263), (0, 1)])
@pytest.mark.parametrize("level", [0.05, 0.04, 0.005])
def test_wilson_equals_scipy(k: int, n: int, level: float) -> None:
    expected = stats.binomtest(k, n).proportion_ci(confidence_level=1 - level, method="wilson")
    found = wilson(k, n, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_newcombe_gives_the_published_interval_of_independent_shares() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
    assert _ends(newcombe(56, 70, 48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert _ends(newcombe(9, 10, 3, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert _ends(newcombe(10, 10, 0, 10)) == pytest.approx((0.6075, 1.0), abs=5e-5)


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither", "level", "low", "high"),
    [
        # Fagerland, Lydersen and Laake 2014: airway hyper-responsiveness.
        (1, 1, 7, 12, 0.05, -0.517, -0.026),
        # Tango 1998: contact lenses (90 %), and a second table; both are checked by R's ratesci.
        (43, 0, 1, 0, 0.10, -0.096, 0.037),
        (4, 9, 3, 16, 0.05, -0.027, 0.390),
    ],
)
def test_tango_gives_the_published_intervals(
    both: int, only_a: int, only_b: int, neither: int, level: float, low: float, high: float
) -> None:
    found = tango(only_a, only_b, both + only_a + only_b + neither, level)
    assert _ends(found) == pytest.approx((low, high), abs=6e-4)


def test_newcombe_paired_gives_the_published_intervals() -> None:
    # Fagerland et al. 2014, and Altman et al. 2000, Statistics with Confidence, page 52.
    assert _ends(newcombe_paired(1, 1, 7, 12)) == pytest.approx((-0.507, -0.026), abs=6e-4)
    assert _ends(newcombe_paired(14, 5, 0, 22)) == pytest.approx((0.011, 0.226), abs=6e-4)


def test_the_corrected_statistic_at_zero_is_the_n_minus_1_mcnemar_test() -> None:
    # R's ratesci 1.0, pairbinci(x = c(1, 1, 7, 12)): scorenull -2.07, chisq 4.29.
    found = paired_statistic(1, 7, 21, 0.0)
    assert (round(found, 2), round(found**2, 2)) == (-2.07, 4.29)


def test_the_score_statistic_at_zero_is_mcnemars() -> None:
    assert tango_statistic(25, 10, 100, 0.0) == pytest.approx((25 - 10) / math.sqrt(35))


@given(st.integers(1, 400), st.data())
def test_paired_intervals_are_finite_ordered_and_mirror_when_arms_swap(
    n: int, data: st.DataObject
) -> None:
    wins = data.draw(st.integers(0, n))
    losses = data.draw(st.integers(0, n - wins))
    level = data.draw(st.sampled_from([0.05, 0.04, 0.005, 0.000625]))
    method = data.draw(st.sampled_from([tango, paired_score]))
    found, swapped = method(wins, losses, n, level), method(losses, wins, n, level)
    assert found.low is not None and found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert _ends(swapped) == pytest.approx((-found.high, -found.low), abs=1e-9)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_ends_are_where_the_score_test_turns(wins: int, losses: int, ties: int) -> None:
    n, z = wins + losses + ties, NormalDist().inv_cdf(0.975)
    low = _ends(tango(wins, losses, n))[0]
    if low > -1:
        assert tango_statistic(wins, losses, n, low - 1e-6) > z
        assert tango_statistic(wins, losses, n, low + 1e-6) <= z + 1e-3


def test_without_discordant_pairs_a_hundred_items_leave_four_points_open() -> None:
    z = NormalDist().inv_cdf(0.98)
    end = z * z / (100 + z * z)
    assert _ends(tango(0, 0, 100, 0.04)) == pytest.approx((-end, end), abs=1e-9)


@pytest.mark.parametrize("wins", [0, 1])
@pytest.mark.parametrize("method", [tango, paired_score])
def test_one_item_gives_a_wide_interval_and_no_error(
    method: Callable[[int, int, int], Interval], wins: int
) -> None:
    low, high = _ends(method(wins, 0, 1))
    assert low < 0 < high and high - low > 1.5


def test_no_item_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="must not be negative or exceed"):
        tango(3, 3, 5)


@pytest.mark.parametrize("level", [0.04, 0.005])
@pytest.mark.parametrize(("difference", "discordance"), [(0.0, 0.2), (0.02, 0.1), (0.1, 0.3)])
def test_each_end_errs_about_as_often_as_it_says(
    level: float, difference: float, discordance: float
) -> None:
    lower, upper = _errors(100, difference, discordance, level, 60_000)
    assert max(lower, upper) <= 1.35 * level / 2


@pytest.mark.slow
def test_the_default_errs_less_in_its_worse_end_than_newcombe() -> None:
    rng = np.random.default_rng(3)
    wins, losses = 0.15, 0.05
    counts = rng.multinomial(50, [0.6, wins, losses, 0.2], size=20_000)
    tangos = [_ends(paired_score(int(b), int(c), 50, 0.005)) for _, b, c, _ in counts]
    newcombes = [_ends(newcombe_paired(a, b, c, d, 0.005)) for a, b, c, d in counts.tolist()]

    def worse_end(found: list[tuple[float, float]]) -> float:
        ends = np.array(found)
        truth = wins - losses
        return float(max((ends[:, 0] > truth).mean(), (ends[:, 1] < truth).mean()))

    assert worse_end(tangos) < worse_end(newcombes)


def _errors(
    n: int, difference: float, discordance: float, level: float, draws: int
) -> tuple[float, float]:
    """How often each end of the default interval misses the true difference.

    The lower end is above it exactly when the statistic at it exceeds z, which needs no bisection.
    """
    rng, z = np.random.default_rng(7), NormalDist().inv_cdf(1 - level / 2)
    shares = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    rows, times = np.unique(rng.multinomial(n, shares, size=draws), axis=0, return_counts=True)
    found = np.array([paired_statistic(b, c, n, difference) for b, c, _ in rows])
    return float(times[found > z].sum() / draws), float(times[found < -z].sum() / draws)


def _ends(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None and interval.high is not None
    return interval.low, interval.high
