"""What training must not break."""

from __future__ import annotations

import json

import numpy as np
import pytest

from whet.evals.gates import ability_gate, forgetting_gate, refusals_gate
from whet.types import Outcome


def _losses(rise: float, spread: float = 0.02, n: int = 60) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(0)
    before = rng.normal(2.5, 0.4, n)
    return before.tolist(), (before + rng.normal(rise, spread, n)).tolist()


@pytest.mark.parametrize(
    ("rise", "spread", "outcome"),
    [
        (0.0, 0.02, Outcome.PASS),
        (-0.3, 0.02, Outcome.PASS),
        (0.2, 0.02, Outcome.FAIL),
        (0.05, 0.05, Outcome.INCONCLUSIVE),
    ],
)
def test_forgetting_is_read_from_the_paired_rise(
    rise: float, spread: float, outcome: Outcome
) -> None:
    gate = forgetting_gate(*_losses(rise, spread))
    assert gate.result is outcome
    assert ("train.learning_rate" in gate.remedy) is (outcome is Outcome.FAIL)
    json.dumps(gate.to_json(), allow_nan=False)


def test_pairing_sees_what_the_spread_of_passages_would_hide() -> None:
    before, after = _losses(0.01, 0.005)
    assert forgetting_gate(before, after).result is Outcome.PASS
    assert np.std(before) > 20 * 0.01


def test_an_unchanged_model_passes() -> None:
    before, _ = _losses(0.0)
    assert forgetting_gate(before, before).result is Outcome.PASS


def test_a_loss_that_is_not_finite_fails() -> None:
    gate = forgetting_gate([2.0, 2.0], [2.0, float("nan")])
    assert gate.result is Outcome.FAIL and "broken" in gate.evidence
    json.dumps(gate.to_json(), allow_nan=False)


def test_no_passages_or_one_are_inconclusive_and_others_are_refused() -> None:
    assert forgetting_gate([], []).result is Outcome.INCONCLUSIVE
    assert forgetting_gate([2.0], [2.0]).result is Outcome.INCONCLUSIVE
    with pytest.raises(ValueError, match="same passages"):
        forgetting_gate([2.0], [])


def test_ability_is_pooled_and_paired() -> None:
    before = [1.0] * 120 + [0.0] * 80
    assert ability_gate(before, before).result is Outcome.PASS
    worse = [1.0] * 80 + [0.0] * 120
    assert ability_gate(before, worse).result is Outcome.FAIL
    assert ability_gate(before[:10], before[:10]).result is Outcome.INCONCLUSIVE
    assert ability_gate([], []).result is Outcome.INCONCLUSIVE


def test_refusals_need_both_sides_to_hold() -> None:
    harmful = [True] * 150 + [False] * 150
    right = [1.0] * 300
    assert refusals_gate(right, right, harmful).result is Outcome.PASS
    answers_the_harmful = [0.0] * 40 + [1.0] * 260
    refuses_the_harmless = [1.0] * 260 + [0.0] * 40
    for after in (answers_the_harmful, refuses_the_harmless):
        gate = refusals_gate(right, after, harmful)
        assert gate.result is Outcome.FAIL and "refusals" in gate.remedy


def test_refusals_with_one_side_only_are_inconclusive() -> None:
    gate = refusals_gate([1.0] * 100, [1.0] * 100, [True] * 100)
    assert gate.result is Outcome.INCONCLUSIVE and "harmless" in gate.remedy
