from __future__ import annotations

from whet.config import Config
from whet.evals.arms import Arm, ArmKind
from whet.evals.gates import Gate
from whet.rundir import RunDir
from whet.stages.arms import Sample
from whet.stages.evidence import Evidence
from whet.stages.judging import _decide, _untouched
from whet.types import Outcome

RUN = object.__new__(RunDir)  # where scores decide, nothing more is read from the folder
GATES = [Gate("forgetting", Outcome.PASS, "kept.", arm="tuned", required=True)]


def evidence(tuned: list[float], prompt: list[float]) -> Evidence:
    """Answers of two arms to as many items as there are scores, at t.jsonl:1 and on."""
    judged = {"primary": "exact_match", "margin": 0.02}
    config = Config(model="whet-nano", data={"train": ["t.jsonl"]}, eval=judged)
    arms = [Arm("prompt", ArmKind.BASELINE), Arm("tuned", ArmKind.CANDIDATE, uses_adapter=True)]
    rows = [Sample(f"i{n}", f"t.jsonl:{n}", None, "q", "a", "a") for n in range(1, len(tuned) + 1)]
    return Evidence(
        config, arms, "test", {"prompt": rows, "tuned": rows},
        {"prompt": {"exact_match": prompt}, "tuned": {"exact_match": tuned}},
        [None] * len(rows), 1, None,
    )  # fmt: skip


def places(*numbers: int) -> list[str]:
    return [f"t.jsonl:{n}" for n in numbers]


def test_a_win_on_touched_items_alone_is_told_and_does_not_change_the_verdict() -> None:
    tuned = [1.0] * 40 + [1.0, 0.0] * 50
    prompt = [0.0] * 40 + [1.0, 0.0] * 50
    whole = evidence(tuned, prompt)
    found = _decide(RUN, whole, GATES, ())
    assert found.verdict == "ship"
    apart, told = _untouched(RUN, whole, found, GATES, places(*range(1, 41)))
    assert apart is not None
    assert (apart["items"], apart["touched"]) == (100, 40)
    assert apart["verdict"] != "ship"
    assert apart["arms"]["tuned"]["exact_match"]["value"] == 0.5
    assert apart["arms"]["tuned"]["exact_match"]["n"] == 100
    (pair,) = apart["comparisons"]
    assert (pair["a"], pair["b"], pair["difference"], pair["level"]) == ("tuned", "prompt", 0, 0.04)
    assert pair["low"] < 0 < pair["high"]
    (sentence,) = told
    assert sentence.startswith(
        "On the 100 test items that no training row touches (40 are touched) the verdict would be"
        f" {apart['verdict']}: "
    )
    assert found.verdict == "ship"


def test_where_the_verdict_is_the_same_on_both_no_reason_is_added() -> None:
    whole = evidence([1.0] * 100, [0.0] * 100)
    found = _decide(RUN, whole, GATES, ())
    apart, told = _untouched(RUN, whole, found, GATES, places(3))
    assert apart is not None and told == []
    assert (apart["items"], apart["touched"], apart["verdict"]) == (99, 1, "ship")


def test_places_that_were_not_judged_touch_nothing() -> None:
    whole = evidence([1.0] * 9, [0.0] * 9)
    found = _decide(RUN, whole, GATES, ())
    assert _untouched(RUN, whole, found, GATES, ["bench.csv:2", "t.jsonl:10"]) == (None, [])


def test_where_every_item_is_touched_no_figure_is_given_and_it_is_said() -> None:
    whole = evidence([1.0] * 9, [0.0] * 9)
    found = _decide(RUN, whole, GATES, ())
    apart, told = _untouched(RUN, whole, found, GATES, places(*range(1, 10)))
    assert apart is not None
    assert (apart["items"], apart["verdict"], apart["arms"]) == (0, None, {})
    assert told == ["Training rows touch all 9 test items: none is left to judge alone."]
