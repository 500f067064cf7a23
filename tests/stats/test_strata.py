"""A weighted mean of parts keeps what each part's interval knew."""

from __future__ import annotations

import numpy as np
import pytest

from whet.stats.paired import paired_difference
from whet.stats.strata import weighted_interval
from whet.types import Interval


def test_of_one_part_it_is_that_parts() -> None:
    part = paired_difference([1.0] * 40 + [0.0] * 10, [1.0] * 45 + [0.0] * 5)
    assert weighted_interval([part], [3.0]) == part


def test_of_equal_normal_parts_it_is_the_interval_of_the_mean() -> None:
    parts = [Interval(0.1, 0.06, 0.14, 100), Interval(0.3, 0.26, 0.34, 100)]
    found = weighted_interval(parts, [1, 1])
    assert found.value == pytest.approx(0.2)
    assert found.high is not None
    assert found.high - found.value == pytest.approx(0.04 / 2**0.5)
    assert found.n == 200


def test_weights_are_shares_and_a_part_without_pairs_that_differ_is_not_certain() -> None:
    same = paired_difference([1.0] * 50, [1.0] * 50)
    found = weighted_interval([same, same], [2, 2])
    assert found.high is not None and found.high > 0
    uneven = weighted_interval([Interval(0.0, -0.1, 0.1, 9), Interval(1.0, 0.9, 1.1, 9)], [3, 1])
    assert uneven.value == pytest.approx(0.25)


def test_a_missing_end_is_missing() -> None:
    found = weighted_interval([Interval(0.0, None, 0.1, 1), Interval(0.0, -0.1, 0.1, 9)], [1, 1])
    assert found.low is None and found.high is not None


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], []])
def test_weights_are_positive_and_one_a_part(weights: list[float]) -> None:
    parts = [Interval(0.0, -0.1, 0.1, 9)] * 2
    with pytest.raises(ValueError, match="weights"):
        weighted_interval(parts, weights)


def test_its_ends_err_about_as_often_as_they_say() -> None:
    """Three benchmarks of 60, 120 and 200 items, alike in weight, 12 % of the answers changed."""
    drawn = np.random.default_rng(0)
    sizes, shares, trials = (60, 120, 200), ((0.09, 0.03), (0.04, 0.08), (0.1, 0.02)), 1500
    truth = float(np.mean([lost - won for lost, won in shares]))
    missed_low = missed_high = 0
    for _ in range(trials):
        parts = []
        for n, (lost, won) in zip(sizes, shares, strict=True):
            kind = drawn.choice([1, -1, 0], size=n, p=[lost, won, 1 - lost - won])
            before = [1.0 if k == 1 else 0.0 for k in kind]
            after = [1.0 if k == -1 else 0.0 for k in kind]
            parts.append(paired_difference(before, after))
        found = weighted_interval(parts, [1, 1, 1])
        assert found.low is not None and found.high is not None
        missed_low += found.low > truth
        missed_high += found.high < truth
    assert missed_low / trials < 0.036 and missed_high / trials < 0.036
    assert (missed_low + missed_high) / trials > 0.02, "and are not much too wide"
