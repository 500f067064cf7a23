"""Votes with ties: against scipy, against the known powers, and as halves of a preference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from whet.stats.paired import difference_interval
from whet.stats.votes import sign_test, sign_test_power, sign_test_votes, win_rate


@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 20))
def test_the_sign_test_equals_scipys_binomial_test_of_the_votes_without_ties(
    wins: int, losses: int, ties: int
) -> None:
    found = sign_test([1.0] * wins + [-1.0] * losses + [0.0] * ties)
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert found.p_value == pytest.approx(expected)
    assert (found.wins, found.losses, found.ties) == (wins, losses, ties)


def test_fifty_votes_find_seventy_to_thirty_in_78_percent_and_sixty_to_forty_in_24() -> None:
    assert round(sign_test_power(50, 0.7), 2) == 0.78
    assert round(sign_test_power(50, 0.6), 2) == 0.24


@pytest.mark.parametrize(("n", "share"), [(10, 0.8), (50, 0.7), (73, 0.5), (5, 0.9)])
def test_power_is_the_sum_over_the_outcomes_that_the_test_rejects(n: int, share: float) -> None:
    rejected = [k for k in range(n + 1) if stats.binomtest(k, n).pvalue <= 0.05]
    expected = sum(stats.binom.pmf(k, n, share) for k in rejected)
    assert sign_test_power(n, share) == pytest.approx(expected)


def test_an_even_split_is_found_by_no_number_and_a_sharp_one_by_few() -> None:
    assert sign_test_votes(0.5) is None
    assert sign_test_votes(1.0) == 6
    wanted = sign_test_votes(0.6)
    assert wanted is not None and sign_test_power(wanted, 0.6) >= 0.9 and 250 < wanted < 290


def test_a_tie_is_half_a_win() -> None:
    assert win_rate([1, 1, 0, 0, -1]).value == pytest.approx(0.6)
    assert win_rate([0.0] * 40).value == 0.5


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60))
def test_the_win_rate_is_the_net_preference_moved_to_between_0_and_1(votes: list[float]) -> None:
    rate, net = win_rate(votes), difference_interval(votes)
    swapped = win_rate([-vote for vote in votes])
    assert rate.low is not None and rate.high is not None and net.low is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert 2 * rate.low - 1 == pytest.approx(net.low)
    assert swapped.low == pytest.approx(1 - rate.high, abs=1e-9)


def test_a_tie_rate_is_of_all_votes() -> None:
    assert sign_test([1, 0, 0, -1]).tie_rate == 0.5
    assert sign_test([]).p_value == 1.0
