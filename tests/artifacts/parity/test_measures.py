"""Differences of log-probabilities against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from whet.artifacts.parity.measures import Apart, difference


def row(*probabilities: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array([probabilities], dtype=np.float32))


def test_the_largest_difference_and_kl_are_those_of_the_textbook() -> None:
    largest, kl = difference(row(0.5, 0.5), row(0.25, 0.75))
    assert largest == pytest.approx(math.log(2), abs=1e-6)
    assert kl == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3), abs=1e-6)


def test_equal_rows_differ_by_nothing() -> None:
    assert difference(row(0.2, 0.8), row(0.2, 0.8)) == (0.0, 0.0)


def test_a_token_that_only_one_rules_out_is_a_large_difference() -> None:
    assert difference(row(0.0, 1.0), row(0.0, 1.0))[0] < 1e-6
    assert difference(row(0.5, 0.5), row(0.0, 1.0))[0] > 70


def test_what_is_no_number_is_infinitely_far() -> None:
    spoilt = row(0.5, 0.5)
    spoilt[0, 1] = math.nan
    assert difference(row(0.5, 0.5), spoilt) == (math.inf, math.inf)


def test_padding_of_one_vocabulary_is_not_compared() -> None:
    wide = np.concatenate([row(0.5, 0.5), np.full((1, 2), -1e4, np.float32)], axis=1)
    assert difference(row(0.5, 0.5), wide)[0] < 1e-6


def test_kl_is_a_mean_over_positions_and_the_worst_prompt_is_known() -> None:
    apart = Apart()
    assert apart.kl is None and apart.largest is None
    apart.add(0, row(0.5, 0.5), row(0.5, 0.5))
    apart.add(1, row(0.5, 0.5), row(0.25, 0.75))
    assert apart.worst == 1 and apart.positions == 2
    assert apart.kl == pytest.approx(difference(row(0.5, 0.5), row(0.25, 0.75))[1] / 2)
