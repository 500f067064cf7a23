from __future__ import annotations

import random
from dataclasses import replace

import pytest

from whet.errors import RunError
from whet.evals.judge.calibration import (
    JudgeCalibration,
    agreement,
    corrected,
    standing,
)


def labelled(
    n: int, sensitivity: float, specificity: float, seed: int = 0
) -> tuple[list[float | None], list[float]]:
    """A judge with known error rates on answers of which half are good."""
    drawn = random.Random(seed)
    says = [float(number % 2) for number in range(n)]
    judged: list[float | None] = [
        float(drawn.random() < (sensitivity if label else 1 - specificity)) for label in says
    ]
    return judged, says


def test_kappa_and_both_rates_are_those_of_the_judge() -> None:
    found = agreement(*labelled(2000, 0.9, 0.7))
    true_positive, true_negative = found.counts.sensitivity(), found.counts.specificity()
    assert found.kappa is not None and true_positive is not None and true_negative is not None
    assert found.kappa.value == pytest.approx(0.6, abs=0.04)  # 0.9 + 0.7 - 1, for even halves
    assert true_positive.value == pytest.approx(0.9, abs=0.03)
    assert true_negative.value == pytest.approx(0.7, abs=0.03)


def test_the_corrected_rate_undoes_the_judges_errors() -> None:
    found = agreement(*labelled(1000, 0.9, 0.7))
    truth, n = 0.6, 2000
    drawn = random.Random(1)
    good = [drawn.random() < truth for _ in range(n)]
    positives = sum(drawn.random() < (0.9 if is_good else 0.3) for is_good in good)
    assert abs(positives / n - truth) > 0.03, "the raw rate is off"
    rate = corrected(positives, n, found, 0.05)
    assert rate is not None and rate.low is not None and rate.high is not None
    assert rate.low < truth < rate.high


def test_fewer_than_fifty_labels_decide_and_correct_nothing() -> None:
    found = agreement(*labelled(49, 1.0, 1.0))
    assert not standing(found, 0.4, "answers").decides
    assert corrected(30, 60, found, 0.05) is None
    enough = agreement(*labelled(50, 1.0, 1.0))
    assert standing(enough, 0.4, "answers").decides
    assert corrected(30, 60, enough, 0.05) is not None


def test_unscored_labels_do_not_count() -> None:
    judged, says = labelled(60, 1.0, 1.0)
    found = agreement([None] * 20 + judged[20:], says)
    assert (found.num_labels, found.num_unscored) == (40, 20)
    assert "10 more answers" in standing(found, 0.4, "answers").remedy


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "word"),
    [(0.5, 0.5, "is below 0.4"), (0.72, 0.72, "the lower end has to reach 0.4")],
)
def test_the_floor_is_read_at_the_interval(
    sensitivity: float, specificity: float, word: str
) -> None:
    found = agreement(*labelled(100, sensitivity, specificity))
    held = standing(found, 0.4, "answers")
    assert not held.decides and word in held.why


def test_a_judge_that_says_the_same_of_everything_is_not_calibrated_by_agreement() -> None:
    found = agreement([1.0] * 100, [1.0] * 95 + [0.0] * 5)
    assert found.agreement is not None and found.agreement.value == 0.95
    assert found.kappa is not None and found.kappa.value == pytest.approx(0)
    assert not standing(found, 0.4, "answers").decides
    alike = agreement([1.0] * 100, [1.0] * 100)
    assert alike.kappa is None
    assert "chance explains" in standing(alike, 0.4, "answers").why


def test_pairs_have_three_labels_and_flips_of_sign_are_errors() -> None:
    says = [1.0, 0.0, -1.0] * 30
    assert standing(agreement(list(says), says), 0.4, "pairs").decides
    opposite = agreement([-label for label in says], says)
    assert opposite.kappa is not None and opposite.kappa.value < 0.1
    assert (opposite.counts.right_called_right, opposite.counts.num_right) == (0, 30)


def calibration() -> JudgeCalibration:
    return JudgeCalibration("url#m", "abc", 4, agreement(*labelled(60, 0.9, 0.9)))


def test_a_calibration_is_of_one_judge_one_rubric_and_one_passing_score() -> None:
    kept = calibration()
    assert kept.mismatch("url#m", "abc", 4) == ""
    assert "is of the judge url#m" in kept.mismatch("url#n", "abc", 4)
    assert "is for the rubric abc" in kept.mismatch("url#m", "abd", 4)
    assert "judge.passing is 3" in kept.mismatch("url#m", "abc", 3)


def test_a_kept_calibration_is_read_back_and_another_thing_is_not() -> None:
    kept = calibration()
    value = kept.to_json()
    assert JudgeCalibration.from_json(value, "x") == kept
    with pytest.raises(RunError, match="format 2"):
        JudgeCalibration.from_json(value | {"format": 2}, "x")
    for broken in ({}, [], "text", {"format": 1, "judge": "a"}, value | {"score": {"kappa": 1}}):
        with pytest.raises(RunError, match="no calibration of a judge"):
            JudgeCalibration.from_json(broken, "x")
    assert replace(kept, pairwise=kept.score) != kept
