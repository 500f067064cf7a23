"""Gates: three outcomes, data that cannot tell, waivers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from whet.errors import ConfigError
from whet.evals.gates import (
    Gate,
    collect,
    format_gate,
    format_items_wanted,
    latency_gate,
    percentile_interval,
    waive,
)
from whet.types import Outcome

OPEN = Gate("refusals", Outcome.INCONCLUSIVE, "There is no data for it.")


@pytest.mark.parametrize(
    ("right", "n", "outcome"),
    [
        (73, 73, Outcome.PASS),
        (72, 72, Outcome.INCONCLUSIVE),
        (300, 300, Outcome.PASS),
        (80, 100, Outcome.FAIL),
        (95, 100, Outcome.INCONCLUSIVE),
    ],
)
def test_format_is_read_against_a_floor(right: int, n: int, outcome: Outcome) -> None:
    gate = format_gate([1.0] * right + [0.0] * (n - right))
    assert gate.result is outcome
    assert bool(gate.remedy) is (outcome is not Outcome.PASS)


@pytest.mark.parametrize(("floor", "level"), [(0.95, 0.05), (0.9, 0.04), (0.99, 0.005)])
def test_the_number_of_answers_that_format_wants_is_the_smallest_that_passes(
    floor: float, level: float
) -> None:
    wanted = format_items_wanted(floor, level)
    assert wanted is not None
    assert format_gate([1.0] * wanted, floor=floor, level=level).result is Outcome.PASS
    fewer = format_gate([1.0] * (wanted - 1), floor=floor, level=level)
    assert fewer.result is Outcome.INCONCLUSIVE
    assert format_items_wanted(1.0) is None


def test_format_without_answers_is_inconclusive() -> None:
    assert format_gate([None, None]).result is Outcome.INCONCLUSIVE


def test_latency_is_read_in_milliseconds_at_the_95th_percentile() -> None:
    seconds = [0.1] * 98 + [0.9] * 2
    assert latency_gate(seconds * 5, p95_ms=200).result is Outcome.PASS
    assert latency_gate([0.5] * 100, p95_ms=200).result is Outcome.FAIL
    assert latency_gate([0.1] * 20, p95_ms=200).result is Outcome.INCONCLUSIVE
    assert latency_gate([], p95_ms=200).result is Outcome.INCONCLUSIVE


def test_slow_answers_fail_even_where_the_sample_has_no_upper_end() -> None:
    assert latency_gate([0.5] * 60, p95_ms=200).result is Outcome.FAIL


@pytest.mark.parametrize("n", [40, 80, 200])
def test_percentile_ends_are_scipys(n: int) -> None:
    values = np.random.default_rng(n).exponential(size=n).tolist()
    expected = stats.quantile_test(values, q=0, p=0.95).confidence_interval(0.95)
    found = percentile_interval(values, 0.95, 0.05)
    assert found.low == pytest.approx(expected.low)
    assert (found.high is None) == math.isnan(expected.high)
    if found.high is not None:
        assert found.high == pytest.approx(expected.high)


def test_named_gates_without_data_are_inconclusive_and_say_what_to_add() -> None:
    gates = {gate.name: gate for gate in collect(["refusals"], {}, "tuned")}
    assert gates["refusals"].result is Outcome.INCONCLUSIVE
    assert "harmful" in gates["refusals"].remedy
    assert gates["forgetting"].required and gates["forgetting"].result is Outcome.INCONCLUSIVE


def test_gates_that_nobody_named_are_not_run_and_say_so() -> None:
    gates = {gate.name: gate for gate in collect([], {"forgetting": _passed("forgetting")})}
    assert gates["forgetting"].result is Outcome.PASS
    assert gates["latency"].result is Outcome.NOT_RUN and not gates["latency"].required
    assert gates["latency"].holds and "not named" in gates["latency"].evidence


def test_a_gate_of_the_users_own_is_required_when_named() -> None:
    gates = {gate.name: gate for gate in collect(["hallucination"], {}, "tuned")}
    assert gates["hallucination"].required and gates["hallucination"].arm == "tuned"


def test_an_inconclusive_gate_holds_once_it_is_waived_by_name_and_reason() -> None:
    (waived,) = waive([OPEN], "refusals", "Ada", "An internal tool, used by four people.")
    assert not OPEN.holds and waived.holds
    assert waived.to_json()["waived_by"] == {
        "by": "Ada",
        "reason": "An internal tool, used by four people.",
    }
    assert waived.result is Outcome.INCONCLUSIVE


def test_nobody_waives_a_failed_gate() -> None:
    failed = Gate("format", Outcome.FAIL, "10 of 100")
    with pytest.raises(ConfigError, match="only an inconclusive"):
        waive([failed], "format", "Ada", "hurry")


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("Ada", " ")])
def test_a_waiver_without_name_or_reason_is_refused(by: str, reason: str) -> None:
    with pytest.raises(ConfigError, match="name and a reason"):
        waive([OPEN], "refusals", by, reason)


def test_a_gate_that_is_not_there_cannot_be_waived() -> None:
    with pytest.raises(ConfigError, match="Gates of this run: refusals"):
        waive([OPEN], "latency", "Ada", "hurry")


def _passed(name: str) -> Gate:
    return Gate(name, Outcome.PASS, "well")
