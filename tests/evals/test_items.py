"""Rows of one id are one item: averaged first, whatever their number and order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import arm_interval, by_votes, compare_scores
from whet.evals.gates import Gate
from whet.evals.items import groups_per_item, per_item
from whet.evals.verdict import Verdict, decide_from_scores
from whet.types import Outcome

ARMS = (
    JudgedArm("prompt", ArmKind.BASELINE),
    JudgedArm("few_shot", ArmKind.BASELINE),
    JudgedArm("tuned", ArmKind.CANDIDATE),
    JudgedArm("tuned_rag", ArmKind.CANDIDATE, uses_rag=True),
    JudgedArm("nearest", ArmKind.CONTROL),
)


def test_samples_of_one_item_are_averaged_and_an_item_without_a_score_has_none() -> None:
    ids = ["b", "a", "b", "c", "b"]
    assert per_item([1.0, 0.0, 0.0, None, None], ids) == [0.0, 0.5, None]
    assert per_item([1.0, None], None) == [1.0, None]
    assert groups_per_item(["g", None, None, "h", None], ids) == [None, "g", "h"]
    with pytest.raises(ValueError):
        per_item([1.0], ["a", "b"])


def test_five_samples_an_item_are_no_five_items() -> None:
    ids = [f"item{i}" for i in range(20) for _ in range(5)]
    a, b = [1.0] * 70 + [0.0] * 30, [0.0] * 30 + [1.0] * 30 + [0.0] * 40
    few = compare_scores(("a", a), ("b", b), metric="m", level=0.04, ids=ids)
    many = compare_scores(("a", a), ("b", b), metric="m", level=0.04)
    assert (few.n, many.n) == (20, 100)
    assert few.difference == pytest.approx(many.difference)
    assert few.low is not None and many.low is not None and few.low < many.low


def test_copied_rows_give_an_arm_and_votes_no_more_certainty() -> None:
    ids = [str(i) for i in range(30)]
    values = [1.0] * 20 + [0.0] * 10
    assert arm_interval(values * 3, ids=ids * 3) == arm_interval(values, ids=ids)
    once = by_votes({("a", "b"): [1.0, -1.0, 0.0]}, ids=["x", "y", "z"])
    twice = by_votes({("a", "b"): [1.0, -1.0, 0.0] * 2}, ids=["x", "y", "z"] * 2)
    assert once("a", "b", 0.04) == twice("a", "b", 0.04)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_order_of_items_order_of_arms_and_copies_of_rows_change_no_verdict(
    data: st.DataObject,
) -> None:
    n = data.draw(st.sampled_from([1, 24, 60]))
    score = st.sampled_from(data.draw(st.sampled_from([[0.0, 1.0], [0.0, 0.25, 0.6, 1.0]])))
    ids = [f"item{i}" for i in range(n)]
    lift = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    scores: dict[str, list[float | None]] = {
        arm.name: list(data.draw(st.lists(score, min_size=n, max_size=n))) for arm in ARMS
    }
    for place in range(int(n * lift)):
        scores["tuned"][place] = 1.0
    if data.draw(st.booleans()):
        scores["prompt"][0] = None
    groups = [f"group{i // 3}" for i in range(n)] if data.draw(st.booleans()) else None
    look = data.draw(st.integers(1, 2))

    def verdict(rows: list[int], arms: list[JudgedArm]) -> dict[str, Any]:
        moved = {arm.name: [scores[arm.name][i] for i in rows] for arm in arms}
        grouped = [groups[i] for i in rows] if groups else None
        return _decide(arms, moved, [ids[i] for i in rows], grouped, look).to_json()

    plain = verdict(list(range(n)), list(ARMS))
    shuffled = data.draw(st.permutations(range(n)))
    copies = [i for i in shuffled for _ in range(data.draw(st.integers(1, 3)))]
    assert verdict(shuffled, list(ARMS)) == plain
    assert verdict(list(range(n)), data.draw(st.permutations(ARMS))) == plain
    assert verdict(copies, data.draw(st.permutations(ARMS))) == plain


def _decide(
    arms: list[JudgedArm],
    scores: dict[str, list[float | None]],
    ids: list[str],
    groups: list[str] | None,
    look: int,
) -> Verdict:
    gates = [Gate("forgetting", Outcome.PASS, "held", arm=name) for name in ("tuned", "tuned_rag")]
    return decide_from_scores(
        arms, scores, metric="m", margin=0.02, look=look, gates=gates, groups=groups, ids=ids
    )
