"""Student's t, bootstraps and clusters: against scipy, at the edges, by simulation."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from whet.stats.bootstrap import bca, studentised, widest
from whet.stats.clusters import clusters, skewness, standard_error
from whet.stats.means import mean_interval, skewed_t, sparse, student_t
from whet.stats.proportions import tango
from whet.types import Interval


def _sample(n: int, seed: int = 0) -> list[float]:
    return [float(v) for v in np.random.default_rng(seed).gamma(2.0, 0.2, n)]


def _ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None and found.high is not None
    return found.low, found.high


def test_student_t_equals_scipy() -> None:
    values = _sample(20)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.96)
    assert _ends(student_t(values, 0.04)) == pytest.approx((expected.low, expected.high))


def test_bca_agrees_with_scipys_to_the_noise_of_its_resamples() -> None:
    values = _sample(80)
    expected = stats.bootstrap(
        (np.array(values),), np.mean, n_resamples=20_000, confidence_level=0.95, rng=1
    ).confidence_interval
    width = expected.high - expected.low
    assert _ends(bca(values, 0.05)) == pytest.approx(
        (expected.low, expected.high), abs=0.03 * width
    )


def test_bootstrap_t_is_near_students_t_for_a_symmetric_sample() -> None:
    values = [float(v) for v in np.random.default_rng(5).normal(0.1, 1, 300)]
    low, high = _ends(student_t(values))
    assert _ends(studentised(values)) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_the_cluster_error_is_millers() -> None:
    values, groups = [1.0, 2.0, 4.0, 3.0, 0.0], ["a", "a", "b", "b", "c"]
    residuals = np.array([3 - 4, 7 - 4, 0 - 2])  # S_g - m_g * mean, with mean 2
    expected = np.sqrt((residuals**2).sum() * 3 / 2) / 5
    assert standard_error(clusters(values, groups)) == pytest.approx(expected)


def test_copies_in_a_cluster_add_no_certainty() -> None:
    values = _sample(30)
    copied, groups = [v for v in values for _ in range(4)], [i for i in range(30) for _ in range(4)]
    once, four = student_t(values), student_t(copied, groups=groups)
    assert _ends(four) == pytest.approx(_ends(once))
    assert four.n == 120 and four.method == "cluster-t"


def test_items_without_a_group_stand_alone() -> None:
    values = _sample(20)
    assert _ends(student_t(values, groups=[None] * 20)) == _ends(student_t(values))


@pytest.mark.parametrize("method", [bca, studentised, widest, skewed_t])
def test_order_changes_nothing_and_sign_only_mirrors(method: object) -> None:
    values = [round(v - 0.3, 3) for v in _sample(60)]
    groups = [i // 2 for i in range(60)]
    order = list(range(60))
    random.Random(1).shuffle(order)
    assert callable(method)
    found = method(values, groups=groups)
    shuffled = method([values[i] for i in order], groups=[groups[i] for i in order])
    mirrored = method([-v for v in values], groups=groups)
    assert found == shuffled
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


@pytest.mark.parametrize(
    ("n", "method"),
    [
        (30, "student-t-skew"),
        (50, "bootstrap-and-t"),
        (2_000, "bootstrap-and-t"),
        (2_001, "student-t-skew"),
    ],
)
def test_the_method_follows_the_number_of_items(n: int, method: str) -> None:
    assert mean_interval(_sample(n)).method == method


def test_equal_differences_of_a_bounded_score_keep_tangos_width() -> None:
    found = mean_interval([0.0] * 100, 0.04, bounds=(-1.0, 1.0))
    assert _ends(found) == pytest.approx(_ends(tango(0, 0, 100, 0.04)), abs=1e-9)


def test_a_few_small_gains_do_not_rule_out_unseen_losses() -> None:
    values = [0.3] * 3 + [0.0] * 97
    assert _ends(bca(values, 0.04))[0] >= 0, "a bootstrap has never seen a loss"
    found = mean_interval(values, 0.04, bounds=(-1.0, 1.0))
    assert found.method == "sparse" and _ends(found)[0] < 0


def test_the_widest_interval_holds_those_of_t_bca_and_bootstrap_t() -> None:
    values = [v - 0.2 for v in _sample(60, seed=3)]
    low, high = _ends(widest(values, 0.04))
    parts = [_ends(method(values, 0.04)) for method in (student_t, bca, studentised)]
    assert low == min(low for low, _ in parts) and high == max(high for _, high in parts)


def test_skewness_equals_scipys_and_moves_the_end_on_the_long_side_only() -> None:
    values = _sample(30)
    g, t = float(stats.skew(values)), student_t(values, 0.04)
    z, error = stats.norm.ppf(0.98), np.std(values, ddof=1) / np.sqrt(30)
    assert skewness(clusters(values)) == pytest.approx(g) and g > 0.5
    low, high = _ends(skewed_t(values, 0.04))
    assert low == _ends(t)[0]
    assert high == pytest.approx(_ends(t)[1] + g * (2 * z * z + 1) / (6 * np.sqrt(30)) * error)


def test_gains_without_a_loss_do_not_rule_out_losses_that_were_not_met() -> None:
    # 4 items in 100 are lost wholly; of 50, one set in eight holds none of them.
    values = [0.2] * 11 + [0.1] * 9 + [0.0] * 30
    assert _ends(widest(values, 0.04))[0] > 0.03
    low, high = _ends(mean_interval(values, 0.04, bounds=(-1.0, 1.0)))
    assert low < 0.017, "the true mean of such scores"
    assert high == _ends(widest(values, 0.04))[1], "gains were met: their end stays"
    met = values[:-5] + [-0.2] * 5
    assert _ends(mean_interval(met, 0.04, bounds=(-1.0, 1.0))) == _ends(widest(met, 0.04))


def test_without_bounds_the_largest_step_seen_stands_for_them() -> None:
    found = mean_interval([0.0] * 95 + [3.0] * 5)
    assert found.method == "sparse" and _ends(found)[0] < 0 < _ends(found)[1]


def test_without_bounds_equal_values_have_no_width_and_one_value_has_no_interval() -> None:
    assert _ends(mean_interval([0.25] * 10)) == (0.25, 0.25)
    assert mean_interval([0.25]).low is None
    assert mean_interval([0.25, 0.5], groups=["g", "g"]).high is None


def test_one_bounded_value_gives_a_wide_interval() -> None:
    low, high = _ends(mean_interval([0.5], bounds=(-1.0, 1.0)))
    assert -1 <= low < -0.5 and 0.8 < high <= 1


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        mean_interval([0.1, float("nan")])
    with pytest.raises(ValueError, match="at least one item"):
        mean_interval([])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=49),
    st.sampled_from([0.05, 0.04, 0.005]),
)
def test_a_bounded_mean_has_finite_ends_around_it(values: list[float], level: float) -> None:
    found = mean_interval(values, level, bounds=(-1.0, 1.0))
    low, high = _ends(found)
    assert -1 <= low <= found.value + 1e-12 and found.value - 1e-12 <= high <= 1
    assert low < high


def test_stricter_levels_give_wider_intervals() -> None:
    values = _sample(120)
    ends = [_ends(mean_interval(values, level)) for level in (0.04, 0.005, 0.0025)]
    assert ends[0][0] > ends[1][0] > ends[2][0] and ends[0][1] < ends[1][1] < ends[2][1]


def test_sparse_counts_a_cluster_as_one_item() -> None:
    one = sparse([0.0] * 10, bounds=(-1.0, 1.0))
    four = sparse([0.0] * 40, bounds=(-1.0, 1.0), groups=[i // 4 for i in range(40)])
    assert _ends(four) == _ends(one) and four.n == 40


@pytest.mark.parametrize("n", [20, 29])
@pytest.mark.parametrize("bounds", [None, (-1.0, 1.0)])
def test_below_thirty_items_or_ten_that_differ_nothing_is_bootstrapped(
    n: int, bounds: tuple[float, float] | None
) -> None:
    assert "bootstrap" not in mean_interval([v - 0.3 for v in _sample(n)], bounds=bounds).method
    few = [0.3] * 9 + [0.0] * 191
    assert "bootstrap" not in mean_interval(few, bounds=bounds).method


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 150])
def test_the_widest_errs_no_more_often_than_it_says_on_graded_scores(n: int) -> None:
    rng, level, draws = np.random.default_rng(11), 0.1, 1_500
    steps = np.array([0.0, 0.0, 0.0, 0.2, 0.33, 0.5, 1.0, -0.33, -0.5])
    misses = [0, 0]
    for _ in range(draws):
        drawn = [float(v) for v in rng.choice(steps, n)]
        low, high = _ends(widest(drawn, level, resamples=2_000))
        misses[0] += low > steps.mean()
        misses[1] += high < steps.mean()
    assert max(misses) / draws <= 1.25 * level / 2
