"""The rule: every verdict is reached, and the promises hold for any data."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import by_votes
from whet.evals.gates import Gate, waive
from whet.evals.headroom import Stop, StopKind
from whet.evals.verdict import Verdict, VerdictKind, decide, decide_from_scores, without_a_look
from whet.types import Outcome

KINDS = {"tuned": ArmKind.CANDIDATE, "tuned_rag": ArmKind.CANDIDATE, "nearest": ArmKind.CONTROL}
SHIPS = {VerdictKind.SHIP, VerdictKind.SHIP_WITH_RAG}


def arms_of(names: Sequence[str]) -> list[JudgedArm]:
    return [
        JudgedArm(name, KINDS.get(name, ArmKind.BASELINE), uses_rag=name.endswith("rag"))
        for name in names
    ]


def gate(arm: str, result: Outcome = Outcome.PASS, name: str = "forgetting") -> Gate:
    return Gate(name, result, "Evidence in a sentence.", arm=arm, remedy="Do this.")


def passed(*names: str) -> list[Gate]:
    return [gate(name) for name in names or ("tuned", "tuned_rag")]


def right(num: int, n: int = 200) -> list[float | None]:
    """The first `num` of n items right."""
    return [float(place < num) for place in range(n)]


def judge(
    scores: Mapping[str, Sequence[float | None]],
    gates: Sequence[Gate] | None = None,
    margin: float = 0.02,
    look: int = 1,
    metric: str = "exact_match",
    stop: Stop | None = None,
) -> Verdict:
    found = decide_from_scores(
        arms_of(list(scores)),
        scores,
        metric=metric,
        margin=margin,
        look=look,
        gates=passed() if gates is None else gates,
        stop=stop,
    )
    json.dumps(found.to_json(), allow_nan=False)
    return found


def test_ship_when_tuned_beats_every_baseline_and_holds_its_gates() -> None:
    found = judge({"prompt": right(41, 100), "tuned": right(86, 100)})
    assert (found.verdict, found.candidate, found.baseline) == ("ship", "tuned", "prompt")
    assert found.reasons[0] == (
        "tuned answers 86 of 100 right, prompt 41: +45 points (interval +35 to +55, look 1 at"
        " 96 %), above the margin of 2.0 points."
    )
    assert found.reasons[1] == "Required gates passed: forgetting."


def test_without_a_rag_arm_nothing_is_said_to_beat_retrieval() -> None:
    found = judge({"prompt": right(41), "tuned": right(186)})
    assert not any("rag" in reason.lower().split() for reason in found.reasons)
    assert any("No retrieval baseline was tried" in reason for reason in found.reasons)
    with_rag = judge({"prompt": right(41), "rag": right(50), "tuned": right(186)})
    assert any("rag 50" in reason for reason in with_rag.reasons)
    assert not any("No retrieval" in reason for reason in with_rag.reasons)


def test_one_baseline_that_is_not_beaten_is_enough_to_not_ship() -> None:
    found = judge({"prompt": right(20), "few_shot": right(140), "tuned": right(146)})
    assert found.verdict == "inconclusive"
    assert found.baseline == "few_shot" and "few_shot is open" in found.next


def test_ship_with_rag_when_it_beats_tuned_by_the_margin() -> None:
    found = judge({"prompt": right(40), "tuned": right(120), "tuned_rag": right(180)})
    assert (found.verdict, found.candidate) == ("ship_with_rag", "tuned_rag")


def test_tuned_ships_when_retrieval_adds_too_little() -> None:
    found = judge({"prompt": right(40), "tuned": right(178), "tuned_rag": right(180)})
    assert (found.verdict, found.candidate) == ("ship", "tuned")


@pytest.mark.parametrize("result", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_ship_with_rag_when_tuned_may_not_ship(result: Outcome) -> None:
    gates = [gate("tuned", result), gate("tuned_rag")]
    found = judge({"prompt": right(40), "tuned": right(180), "tuned_rag": right(180)}, gates)
    assert found.verdict == "ship_with_rag"


def test_do_not_ship_when_every_winner_fails_a_gate() -> None:
    gates = [gate("tuned", Outcome.FAIL), gate("tuned_rag", Outcome.FAIL)]
    scores = {"prompt": right(40), "tuned": right(180), "tuned_rag": right(170)}
    found = judge(scores, gates)
    assert found.verdict == "do_not_ship" and "Do this." in found.next
    assert any("Gate forgetting fails for tuned:" in reason for reason in found.reasons)
    one_open = judge(scores, [gates[0], gate("tuned_rag", Outcome.INCONCLUSIVE)])
    assert one_open.verdict == "inconclusive"


def test_an_inconclusive_gate_waits_for_data_or_a_name() -> None:
    scores = {"prompt": right(40), "tuned": right(180)}
    gates = [gate("tuned"), gate("tuned", Outcome.INCONCLUSIVE, "refusals")]
    found = judge(scores, gates)
    assert found.verdict == "inconclusive"
    assert "whet verdict RUN --waive refusals=REASON --by NAME" in found.next
    waived = judge(scores, waive(gates, "refusals", "Ada", "Internal use."))
    assert waived.verdict == "ship"
    assert any("waived by Ada: Internal use." in reason for reason in waived.reasons)


def test_a_required_gate_that_is_missing_never_ships() -> None:
    found = judge({"prompt": right(40), "tuned": right(180)}, [])
    assert found.verdict == "inconclusive"
    assert [g.name for g in found.gates] == ["forgetting"]


def test_a_gate_that_is_not_required_cannot_forbid() -> None:
    gates = [gate("tuned"), replace(gate("tuned", Outcome.FAIL, "latency"), required=False)]
    assert judge({"prompt": right(40), "tuned": right(180)}, gates).verdict == "ship"


@pytest.mark.parametrize(
    ("scores", "verdict", "baseline"),
    [
        ({"prompt": right(900, 1000), "tuned": right(860, 1000)}, "use_prompt", "prompt"),
        (
            {"prompt": right(500, 1000), "few_shot": right(900, 1000), "tuned": right(860, 1000)},
            "use_few_shot",
            "few_shot",
        ),
        (
            {"prompt": right(500, 1000), "rag": right(900, 1000), "tuned": right(860, 1000)},
            "use_rag",
            "rag",
        ),
        (
            {"prompt": right(500, 1000), "gpt": right(900, 1000), "tuned": right(860, 1000)},
            "use_other",
            "gpt",
        ),
    ],
)
def test_use_a_baseline_when_no_candidate_can_be_worth_it(
    scores: dict[str, list[float | None]], verdict: str, baseline: str
) -> None:
    found = judge(scores)
    assert (found.verdict, found.baseline, found.candidate) == (verdict, baseline, None)
    assert any(baseline in reason for reason in found.reasons)
    assert any("is ruled out" in reason for reason in found.reasons)


def test_the_cheapest_baseline_that_is_not_inferior_is_the_one_to_use() -> None:
    scores = {
        "few_shot": right(905, 1000),
        "prompt": right(900, 1000),
        "tuned": right(700, 1000),
    }
    found = judge(scores)
    assert (found.verdict, found.baseline) == ("use_prompt", "prompt")
    assert any("the cheaper prompt is not worse" in reason for reason in found.reasons)
    assert ("prompt", "few_shot") in [(pair.a, pair.b) for pair in found.comparisons]


def test_inconclusive_names_the_open_comparison_and_a_range_of_test_items() -> None:
    found = judge({"prompt": right(60, 100), "tuned": [0.0] * 12 + right(72, 88)})
    assert (found.verdict, found.candidate, found.baseline) == ("inconclusive", "tuned", "prompt")
    assert "further test items" in found.next and "look 2, read at 99.5 %" in found.next
    assert found.reasons[0].startswith("Open: tuned answers 72 of 100 right, prompt 60:")


def test_a_later_look_needs_more() -> None:
    scores = {"prompt": right(80, 150), "tuned": right(94, 150)}
    assert judge(scores, look=1).verdict == "ship"
    assert judge(scores, look=6).verdict == "inconclusive"


def test_nothing_trained_for_want_of_headroom_chooses_among_the_baselines() -> None:
    stop = Stop(StopKind.NO_HEADROOM, "Nothing was trained: no room.", "Use few_shot.")
    found = judge({"prompt": right(300, 1000), "few_shot": right(990, 1000)}, stop=stop)
    assert (found.verdict, found.candidate) == ("use_few_shot", None)
    assert found.reasons[0] == stop.reason and "--train-anyway" in found.next


def test_a_test_set_that_is_too_small_is_inconclusive_without_a_look() -> None:
    stop = Stop(StopKind.TEST_TOO_SMALL, "Nothing was trained: too small.", "Add 80 test items.")
    found = without_a_look(stop)
    assert (found.verdict, found.next) == ("inconclusive", "Add 80 test items.")
    assert found.comparisons == [] and found.reasons == [stop.reason]


def test_without_a_baseline_there_is_no_verdict() -> None:
    assert judge({"tuned": right(200)}).verdict == "inconclusive"


def test_look_up_that_does_as_well_is_named_and_never_counts_as_a_baseline() -> None:
    found = judge({"prompt": right(40), "nearest": right(186), "tuned": right(186)})
    assert found.verdict == "ship"
    assert any(reason.startswith("nearest, which copies") for reason in found.reasons)
    silent = judge({"prompt": right(40), "nearest": right(60), "tuned": right(186)})
    assert not any("nearest" in reason for reason in silent.reasons)


def test_many_unscored_items_keep_the_question_open() -> None:
    tuned: list[float | None] = [1.0] * 180 + [None] * 20
    found = judge({"prompt": right(40), "tuned": tuned})
    assert found.verdict == "inconclusive" and "20 items have no score" in found.next
    few = judge({"prompt": right(40), "tuned": [*tuned[:180], *right(15, 15), *[None] * 5]})
    assert few.verdict == "ship"


def test_two_candidates_share_the_level() -> None:
    scores = {"prompt": right(80, 150), "tuned": right(88, 150), "tuned_rag": right(60, 150)}
    assert judge({key: scores[key] for key in ("prompt", "tuned")}).verdict == "ship"
    both = judge(scores)
    levels = {pair.a: pair.level for pair in both.comparisons if pair.b == "prompt"}
    assert both.verdict == "inconclusive" and set(levels.values()) == {0.02}


def test_preferences_without_votes_ask_for_them_and_votes_finish_the_verdict() -> None:
    arms = arms_of(["prompt", "tuned"])
    waiting = decide(arms, by_votes({}), margin=0.0, look=1, gates=passed("tuned"))
    assert waiting.verdict == "inconclusive" and "blind votes" in waiting.next
    votes = {("tuned", "prompt"): [1.0] * 70 + [0.0] * 20 + [-1.0] * 10}
    found = decide(arms, by_votes(votes), margin=0.0, look=1, gates=passed("tuned"))
    assert found.verdict == "ship" and "by preference" in found.reasons[0]


def test_graded_scores_are_told_in_their_own_unit() -> None:
    rng = random.Random(0)
    prompt = [rng.random() / 2 for _ in range(100)]
    found = judge({"prompt": prompt, "tuned": [p + 0.4 for p in prompt]}, metric="token_f1")
    assert found.verdict == "ship" and "in token_f1" in found.reasons[0]
    assert "points" not in found.reasons[0]


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        judge({"prompt": right(1), "tuned": right(1)}, margin=-0.01)


# -- promises that hold for any data ------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, list[float | None]], list[Gate], float, int]:
    """Arms of different strength on the same items, any gates, any margin and look."""
    n = draw(st.sampled_from([5, 30, 120]))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    baselines = draw(st.sets(st.sampled_from(["prompt", "few_shot", "rag", "gpt"]), min_size=1))
    tuned = draw(st.sets(st.sampled_from(["tuned", "tuned_rag"])))
    control = draw(st.sets(st.just("nearest")))
    strength = st.sampled_from([0.05, 0.3, 0.5, 0.9, 1.0])
    scores: dict[str, list[float | None]] = {
        name: [float(v) for v in rng.random(n) < draw(strength)]
        for name in sorted(baselines | tuned | control)
    }
    outcome = st.sampled_from(Outcome)
    gates = [
        gate(arm, draw(outcome), name)
        for arm in sorted(tuned)
        for name in draw(st.sets(st.sampled_from(["forgetting", "format"])))
    ]
    margin = draw(st.sampled_from([0.0, 0.02, 0.1]))
    return scores, gates, margin, draw(st.integers(1, 4))


@settings(max_examples=70, deadline=None)
@given(cases())
def test_nothing_ships_that_is_not_above_the_margin_against_every_baseline(
    case: tuple[dict[str, list[float | None]], list[Gate], float, int],
) -> None:
    scores, gates, margin, look = case
    found = judge(scores, gates, margin, look)
    if found.verdict in SHIPS:
        mine = [pair for pair in found.comparisons if pair.a == found.candidate]
        beaten = {pair.b for pair in mine if pair.low is not None and pair.low > margin}
        assert {name for name in scores if name not in KINDS} <= beaten


@settings(max_examples=70, deadline=None)
@given(cases())
def test_nothing_ships_with_an_unwaived_required_gate_that_does_not_pass(
    case: tuple[dict[str, list[float | None]], list[Gate], float, int],
) -> None:
    found = judge(*case)
    if found.verdict in SHIPS:
        own = [g for g in found.gates if g.arm == found.candidate and g.required]
        assert own and all(g.result is Outcome.PASS for g in own)


@settings(max_examples=50, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_arms_items_and_gates_changes_nothing(
    case: tuple[dict[str, list[float | None]], list[Gate], float, int], shuffle: random.Random
) -> None:
    scores, gates, margin, look = case
    names = list(scores)
    shuffle.shuffle(names)
    order = list(range(len(scores[names[0]])))
    shuffle.shuffle(order)
    moved = {name: [scores[name][i] for i in order] for name in names}
    other = list(gates)
    shuffle.shuffle(other)
    assert (
        judge(scores, gates, margin, look).to_json() == judge(moved, other, margin, look).to_json()
    )


@settings(max_examples=50, deadline=None)
@given(cases())
def test_a_use_verdict_names_a_baseline_that_nothing_is_shown_to_beat(
    case: tuple[dict[str, list[float | None]], list[Gate], float, int],
) -> None:
    scores, gates, margin, look = case
    found = judge(scores, gates, margin, look)
    assert found.next and found.reasons
    if found.verdict.startswith("use_"):
        assert found.candidate is None and found.baseline in scores
        assert found.baseline not in KINDS


# -- how often it errs --------------------------------------------------------------------


def _false_ships(draws: int, n: int, candidates: Sequence[str], seed: int) -> float:
    """How often something ships although every arm is exactly one margin better at most."""
    rng, margin, shipped = np.random.default_rng(seed), 0.02, 0
    for _ in range(draws):
        shared = rng.random(n)
        noise = {name: rng.random(n) for name in ("prompt", *candidates)}
        scores = {
            name: [
                float(v)
                for v in np.where(shared < 0.6, shared / 0.6, noise[name])
                < 0.6 + (margin if name != "prompt" else 0.0)
            ]
            for name in noise
        }
        shipped += judge(scores, passed(*candidates), margin).verdict in SHIPS
    return shipped / draws


def test_without_a_gain_beyond_the_margin_almost_nothing_ships() -> None:
    draws = 600
    found = _false_ships(draws, 80, ["tuned"], seed=4)
    assert found <= 0.02 + 3 * (0.02 * 0.98 / draws) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 200])
def test_two_candidates_do_not_ship_falsely_more_often_than_one_may(n: int) -> None:
    draws = 6_000
    found = _false_ships(draws, n, ["tuned", "tuned_rag"], seed=n)
    assert found <= 0.02 + 3 * (0.02 * 0.98 / draws) ** 0.5


def test_answers_without_a_score_cannot_make_a_win() -> None:
    """What the candidate gets wrong, and where it says too little to be scored, is the same."""
    prompt = right(220, 380) + [1.0] * 20
    tuned: list[float | None] = [*right(244, 380), *[0.0] * 20]
    hidden: list[float | None] = [*tuned[:380], *[None] * 20]
    for scores in (tuned, hidden):
        found = judge({"prompt": prompt, "tuned": scores})
        assert found.verdict == "inconclusive"
    (pair,) = found.comparisons
    assert (pair.n, pair.num_unscored) == (380, 20)
    assert "20 items are unscored (where one arm alone is" in found.reasons[0]


def test_a_gain_is_not_ruled_out_by_answers_without_a_score() -> None:
    prompt = right(200, 400)
    tuned: list[float | None] = [*prompt[:196], *[None] * 8, *prompt[204:]]
    assert judge({"prompt": prompt, "tuned": tuned}, margin=0.05).comparisons[0].high == (
        judge({"prompt": prompt, "tuned": [*prompt[:196], *[1.0] * 8, *prompt[204:]]}, margin=0.05)
        .comparisons[0]
        .high
    )


def test_the_next_look_is_announced_at_the_level_it_will_share() -> None:
    scores = {"prompt": right(60, 100), "tuned": [0.0] * 12 + right(72, 88)}
    alone = judge(scores)
    both = judge(scores | {"tuned_rag": scores["tuned"]})
    assert "read at 99.5 %" in alone.next
    assert "read at 99.75 %" in both.next
