"""A judged rate without the judge's errors: the formula, its interval, its refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from whet.stats.corrected import Calibration, calibration, corrected_rate
from whet.types import Interval


def test_the_judges_errors_are_undone() -> None:
    # 60 % right, judged with sensitivity 0.95 and specificity 0.8: 0.57 + 0.08 are called right.
    found = corrected_rate(650, 1_000, Calibration(95, 100, 80, 100))
    assert found is not None and found.value == pytest.approx(0.6)


def test_the_interval_is_lang_and_reiczigels() -> None:
    # Worked through by hand from the paper's equations.
    z, n, k = 1.959963984540054, 200, 120
    found = corrected_rate(k, n, Calibration(90, 100, 85, 100), 0.05)
    p, se, sp = (k + z * z / 2) / (n + z * z), 91 / 102, 86 / 102
    youden = se + sp - 1
    rate = (p + sp - 1) / youden
    v1, v0 = se * (1 - se) / 102, sp * (1 - sp) / 102
    shift = 2 * z * z * (rate * v1 - (1 - rate) * v0)
    error = math.sqrt(p * (1 - p) / (n + z * z) + rate**2 * v1 + (1 - rate) ** 2 * v0) / youden
    expected = (rate + shift - z * error, rate + shift + z * error)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected)


def test_a_judge_known_to_be_perfect_leaves_the_error_of_the_answers_alone() -> None:
    sure = corrected_rate(65, 100, Calibration(10**6, 10**6, 10**6, 10**6))
    few = corrected_rate(65, 100, Calibration(50, 50, 50, 50))
    assert sure is not None and few is not None
    z = 1.959963984540054
    p, n = (65 + z * z / 2) / (100 + z * z), 100 + z * z
    half = z * math.sqrt(p * (1 - p) / n)  # Agresti and Coull
    assert _ends(sure) == pytest.approx((p - half, p + half), abs=1e-4)
    assert _width(few) > _width(sure), "fifty labels do not show that it is perfect"


def test_a_judge_no_better_than_chance_says_nothing() -> None:
    assert corrected_rate(65, 100, Calibration(50, 100, 50, 100)) is None
    assert corrected_rate(65, 100, Calibration(3, 4, 2, 4)) is None, "too few labels to tell"
    assert corrected_rate(65, 100, Calibration(90, 100, 0, 0)) is None


def test_the_rate_stays_between_nothing_and_all() -> None:
    low = corrected_rate(2, 100, Calibration(90, 100, 80, 100))
    high = corrected_rate(99, 100, Calibration(90, 100, 80, 100))
    assert low is not None and high is not None
    assert (low.value, low.low, high.value, high.high) == (0.0, 0.0, 1.0, 1.0)


def test_a_calibration_counts_decisions_and_leaves_out_what_was_not_judged() -> None:
    found = calibration([True, False, None, True, False], [True, True, True, False, False])
    assert found == Calibration(1, 2, 1, 2)
    assert found.sensitivity() is not None and found.specificity() is not None
    with pytest.raises(ValueError, match="between 0"):
        Calibration(3, 2, 0, 0)
    with pytest.raises(ValueError, match="positives"):
        corrected_rate(5, 4, found)


@pytest.mark.parametrize(
    ("rate", "sensitivity", "specificity", "labels"),
    [(0.6, 0.9, 0.8, 100), (0.85, 0.95, 0.7, 50), (0.3, 0.8, 0.9, 200), (0.95, 0.9, 0.9, 60)],
)
def test_the_interval_holds_the_true_rate_about_as_often_as_it_says(
    rate: float, sensitivity: float, specificity: float, labels: int
) -> None:
    rng, draws, n = np.random.default_rng(8), 4_000, 300
    judged = rate * sensitivity + (1 - rate) * (1 - specificity)
    counts = zip(
        rng.binomial(n, judged, draws).tolist(),
        rng.binomial(labels, sensitivity, draws).tolist(),
        rng.binomial(labels, specificity, draws).tolist(),
        strict=True,
    )
    held = raw = 0
    for k, hits, misses in counts:
        found = corrected_rate(k, n, Calibration(hits, labels, misses, labels))
        assert found is not None
        low, high = _ends(found)
        held += low <= rate <= high
        raw += abs(k / n - rate) <= 1.96 * math.sqrt(k / n * (1 - k / n) / n)
    assert 0.935 <= held / draws <= 0.985
    assert raw < held, "the judge's own rate is off by its errors"


def _ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None and found.high is not None
    return found.low, found.high


def _width(found: Interval) -> float:
    low, high = _ends(found)
    return high - low
