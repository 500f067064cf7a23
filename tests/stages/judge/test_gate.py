"""The gate `judge`: what has no verdict, and what shares a group."""

from __future__ import annotations

from typing import Any, cast

from whet.config import Config, JudgeGate
from whet.evals.arms import Arm, ArmKind
from whet.evals.gates import Gate
from whet.evals.judge.calibration import Agreement, Standing
from whet.stages.evidence import Evidence
from whet.stages.judge.agreeing import Calibrated
from whet.stages.judge.gate import judge_gate
from whet.stages.judge.stored import About, Judged, Row
from whet.stages.samples import Sample
from whet.stats.corrected import Calibration
from whet.types import Interval, Outcome

SURE = Agreement(
    4_000, 0, Interval(1.0, 0.9, 1.0, 4_000), None, Calibration(2_000, 2_000, 2_000, 2_000)
)


def found(values: list[int | None], groups: list[str | None] | None = None) -> Gate:
    """The gate over these scores of a scale to 5, by a judge that never errs; the floor is 0.9."""
    ids = [f"i{n}" for n in range(len(values))]
    rows = [
        Row("score", item, ["tuned"], "", value, "", None if value else "empty", [1])
        for item, value in zip(ids, values, strict=True)
    ]
    about = cast(About, _About(split="test", passing=4))
    agreed = Calibrated({"score": SURE}, {"score": Standing(True, "")}, [])
    samples = [Sample(item, f"t:{n}", None, "q", "a", "a") for n, item in enumerate(ids)]
    config = Config(model="whet-nano", data={"train": ["t.jsonl"]})
    evidence = Evidence(
        config, [Arm("tuned", ArmKind.CANDIDATE)], "test", {"tuned": samples}, {},
        groups or [None] * len(ids), 1, None, Judged(about, rows), agreed,
    )  # fmt: skip
    return judge_gate(evidence, "tuned", JudgeGate(floor=0.9), 0.04)


class _About:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def test_answers_without_a_verdict_are_bad_at_the_lower_end_and_good_at_the_upper() -> None:
    whole, some = found([5] * 100), found([5] * 96 + [None] * 4)
    worst, best = found([5] * 96 + [1] * 4), found([5] * 100)
    assert whole.result is Outcome.PASS
    assert some.numbers["low"] == worst.numbers["low"] < found([5] * 96).numbers["low"]
    assert some.numbers["high"] == best.numbers["high"]
    assert (some.numbers["value"], some.numbers["n"], some.numbers["unscored"]) == (1.0, 96, 4)
    assert "The judge calls 96 of 96 answers good" in some.evidence


def test_too_many_without_a_verdict_leave_it_open() -> None:
    gate = found([5] * 940 + [None] * 60)
    assert gate.numbers["low"] > 0.9, "the ends alone would pass"
    assert gate.result is Outcome.INCONCLUSIVE
    assert "60 of 1000 have no verdict: more than 5%, so that this stays open" in gate.evidence


def test_answers_that_share_a_group_are_not_as_many_answers() -> None:
    values: list[int | None] = [5] * 100
    assert found(values).result is Outcome.PASS
    grouped = found(values, [f"g{n // 5}" for n in range(100)])
    assert grouped.result is Outcome.INCONCLUSIVE and grouped.numbers["level"] == 0.04
    assert grouped.numbers["n"] == 100
