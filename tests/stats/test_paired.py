"""One entry for every paired difference: the right method, sensible ends, honest clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.stats.clusters import clusters
from whet.stats.paired import design_effect, difference_interval, paired_difference
from whet.stats.proportions import paired_score


def test_right_and_wrong_is_the_score_interval_of_the_discordant_pairs() -> None:
    a, b = [1, 1, 1, 0, 0, 1, 0, 1], [1, 0, 0, 0, 1, 1, 0, 1]
    found, expected = paired_difference(a, b), paired_score(2, 1, 8)
    assert (found.low, found.high, found.method) == (expected.low, expected.high, "tango-skew")


def test_graded_scores_take_students_t_below_fifty_items_and_bootstraps_from_there() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(80).tolist(), rng.random(80).tolist()
    assert paired_difference(a[:49], b[:49]).method == "student-t-skew"
    assert paired_difference(a, b).method == "bootstrap-and-t"


def test_votes_are_paired_items_won_lost_or_tied() -> None:
    found = difference_interval([1, 1, 1, -1, 0, 0], level=0.04)
    assert found.value == pytest.approx(1 / 3) and found.method == "tango-skew"


def test_groups_of_one_change_nothing() -> None:
    a, b = [1, 0, 1, 1, 0], [0, 0, 1, 0, 1]
    assert paired_difference(a, b, groups=list("abcde")) == paired_difference(a, b)


def test_shared_groups_widen_the_interval() -> None:
    a, b = [1] * 30 + [0] * 70, [0] * 20 + [1] * 10 + [0] * 70
    alone = paired_difference(a, b)
    grouped = paired_difference(a, b, groups=[i // 10 for i in range(100)])
    assert grouped.method == "cluster-tango" and grouped.n == 100
    assert alone.low is not None and grouped.low is not None
    assert grouped.low < alone.low


def test_without_discordant_pairs_groups_count_as_wholly_alike() -> None:
    groups = [i // 4 for i in range(40)]
    assert design_effect([0.0] * 40, clusters([0.0] * 40, groups)) == 4.0
    found = paired_difference([1] * 40, [1] * 40, groups=groups)
    assert found.low is not None and found.low < -0.2


def test_different_items_are_refused() -> None:
    with pytest.raises(ValueError, match="2 against 1"):
        paired_difference([1, 0], [1])
    with pytest.raises(ValueError, match="binary"):
        paired_difference([0.5], [1.0], binary=True)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_swapping_the_arms_mirrors_the_interval_and_order_is_nothing(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 40))
    score = st.sampled_from(data.draw(st.sampled_from([[0.0, 1.0], [0.0, 0.25, 0.5, 1.0]])))
    a = data.draw(st.lists(score, min_size=n, max_size=n))
    b = data.draw(st.lists(score, min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    groups = data.draw(st.none() | st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    moved = [groups[i] for i in order] if groups else None
    found = paired_difference(a, b, groups=groups)
    swapped = paired_difference(b, a, groups=groups)
    shuffled = paired_difference([a[i] for i in order], [b[i] for i in order], groups=moved)
    assert found.low is not None and found.high is not None
    assert swapped.low == pytest.approx(-found.high, abs=1e-9)
    assert shuffled.low == pytest.approx(found.low, abs=1e-9)
    assert -1 <= found.low <= found.high <= 1


@pytest.mark.slow
@pytest.mark.parametrize("num_groups", [10, 30])
@pytest.mark.parametrize("share_alike", [0.0, 0.5])
def test_clustered_pairs_err_at_most_a_little_more_often_than_said(
    num_groups: int, share_alike: float
) -> None:
    rng, level, draws, gain = np.random.default_rng(2), 0.1, 2_000, 0.1
    misses = [0, 0]
    for _ in range(draws):
        sizes = 1 + rng.poisson(3, num_groups)
        groups = np.repeat(np.arange(num_groups), sizes)
        alike = rng.random(groups.size) < share_alike
        u = np.where(alike, rng.random(num_groups)[groups], rng.random(groups.size))
        d = (u < 0.2).astype(float) - ((u >= 0.2) & (u < 0.3))
        found = difference_interval(d.tolist(), level=level, groups=groups.tolist())
        assert found.low is not None and found.high is not None
        misses[0] += found.low > gain
        misses[1] += found.high < gain
    assert max(misses) / draws <= 1.5 * level / 2
