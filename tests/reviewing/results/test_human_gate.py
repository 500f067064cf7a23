"""The gate `human`: pass, fail and inconclusive, for the stated reason."""

from __future__ import annotations

import pytest

from whet.evals.compare import by_votes
from whet.reviewing.results.human_gate import PeopleSaid, human_gate
from whet.types import Interval, Outcome

AGREED = Interval(0.6, 0.45, 0.72, 120)


def judged(values: list[float], **changes: object) -> Outcome:
    votes = {("tuned", "prompt"): values}
    said = {
        "compare": by_votes(votes), "baselines": ("prompt",), "num_items": len(values),
        "alpha": AGREED, **changes,
    }  # fmt: skip
    gate = human_gate(
        "tuned",
        PeopleSaid(**said),
        raters=2,
        items=100,
        alpha=0.2,
        margin=0.1,
        level=0.04,  # type: ignore[arg-type]
    )
    assert gate.arm == "tuned" and gate.evidence and (gate.result is Outcome.PASS or gate.remedy)
    return gate.result


GOOD = [1.0, 0.0, 1.0, -1.0, 0.5] * 24


def test_people_who_prefer_the_candidate_pass_it() -> None:
    assert judged(GOOD) is Outcome.PASS


def test_people_who_find_it_worse_fail_it() -> None:
    assert judged([-value for value in GOOD]) is Outcome.FAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"alpha": None},
        {"alpha": Interval(0.3, 0.1, 0.5, 120)},
        {"num_items": 99},
        {"baselines": ()},
        {"compare": None},
    ],
)
def test_what_is_missing_leaves_it_open(changes: dict[str, object]) -> None:
    assert judged(GOOD, **changes) is Outcome.INCONCLUSIVE


def test_raters_who_nearly_always_say_the_same_agree_although_alpha_cannot_tell() -> None:
    assert judged(GOOD, alpha=None, same=Interval(0.95, 0.9, 0.98, 120)) is Outcome.PASS
    assert judged(GOOD, alpha=None, same=Interval(0.8, 0.7, 0.88, 120)) is Outcome.INCONCLUSIVE


def test_an_interval_over_the_margin_leaves_it_open() -> None:
    assert judged([1.0, -1.0, -1.0] * 40) is Outcome.FAIL
    assert judged([1.0, -1.0] * 60) is Outcome.INCONCLUSIVE


def test_it_has_to_hold_against_every_baseline_that_people_saw() -> None:
    votes = {("tuned", "prompt"): GOOD, ("tuned", "rag"): [-value for value in GOOD]}
    found = judged(GOOD, compare=by_votes(votes), baselines=("prompt", "rag"))
    assert found is Outcome.FAIL
