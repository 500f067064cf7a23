"""Pooled ability, own questions, unsupported claims, convergence, slices."""

from __future__ import annotations

import json

import pytest

from whet.evals.gates import (
    BeforeAfter,
    Curves,
    Gate,
    convergence_gate,
    format_gate,
    general_gate,
    hallucination_gate,
    items_for,
    pooled_ability_gate,
    refusals_gate,
    slices_gate,
    smallest_margin,
)
from whet.stats.paired import paired_difference
from whet.types import Interval, Outcome


def scores(right: int, n: int) -> list[float]:
    return [1.0] * right + [0.0] * (n - right)


def plain(gate: Gate) -> Gate:
    """The gate, after its report was written and found to be plain."""
    json.dumps(gate.to_json(), allow_nan=False)
    assert bool(gate.remedy) is (gate.result not in (Outcome.PASS, Outcome.NOT_RUN))
    return gate


def test_benchmarks_weigh_alike_whatever_their_sizes_and_openly() -> None:
    kept = BeforeAfter(scores(150, 300), scores(150, 300))
    lost = BeforeAfter(scores(80, 100), scores(40, 100))
    gate = plain(pooled_ability_gate({"mmlu": kept, "gsm8k": lost}))
    assert gate.result is Outcome.FAIL
    assert gate.numbers["value"] == pytest.approx(0.2)
    assert "weight 50%" in gate.evidence and "train.learning_rate" in gate.remedy
    openly = plain(pooled_ability_gate({"mmlu": kept, "gsm8k": lost}, weights={"mmlu": 9}))
    assert openly.numbers["value"] == pytest.approx(0.04)
    assert "weight 90%" in openly.evidence
    assert openly.numbers["benchmarks"]["gsm8k"]["before"] == pytest.approx(0.8)


def test_a_kept_ability_passes_and_a_small_slice_says_how_many_items_it_needs() -> None:
    same = BeforeAfter(scores(100, 200), scores(100, 200))
    assert plain(pooled_ability_gate({"mmlu": same, "ifeval": same})).result is Outcome.PASS
    small = BeforeAfter(scores(20, 40), [*scores(17, 20), *scores(3, 20)])
    gate = plain(pooled_ability_gate({"mmlu": small}))
    assert gate.result is Outcome.INCONCLUSIVE
    assert "gates.ability.limit" in gate.remedy and "15% of the answers changed" in gate.remedy
    assert plain(pooled_ability_gate({})).result is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("margin", "changed"), [(0.05, 0.0), (0.05, 0.1), (0.1, 0.2)])
def test_the_items_that_a_margin_needs_are_about_the_fewest(margin: float, changed: float) -> None:
    from whet.stats.power import power

    wanted = items_for(margin, changed)
    if changed == 0:
        assert smallest_margin(wanted) < margin <= smallest_margin(wanted - 1)
        return
    now = power(wanted, 0.0, margin=-margin, level=0.05, discordance=changed)
    fewer = power(int(wanted * 0.9), 0.0, margin=-margin, level=0.05, discordance=changed)
    assert now >= 0.9 > fewer


def test_the_smallest_margin_is_what_items_that_never_change_show() -> None:
    for n in (50, 73, 200):
        loss = paired_difference(scores(n, n), scores(n, n))
        assert loss.high == pytest.approx(smallest_margin(n), abs=1e-6)


def test_own_questions_are_paired_and_unscored_ones_are_told() -> None:
    before: list[float | None] = [*scores(90, 120), None]
    same = plain(general_gate(before, before, metric="exact_match"))
    assert same.result is Outcome.PASS and "1 have no score" in same.evidence
    worse: list[float | None] = [*scores(50, 120), 1.0]
    assert plain(general_gate(before, worse, metric="exact_match")).result is Outcome.FAIL
    graded: list[float | None] = [0.5, 0.6, 0.4] * 5
    other: list[float | None] = [0.1, 0.9, 0.5] * 5
    unsure = plain(general_gate(graded, other, metric="token_f1", margin=0.1))
    assert unsure.result is Outcome.INCONCLUSIVE and "gates.general.questions" in unsure.remedy
    assert general_gate([None], [1.0], metric="x").result is Outcome.INCONCLUSIVE
    with pytest.raises(ValueError, match="same questions"):
        general_gate([1.0], [], metric="x")


def test_more_unsupported_claims_fail_and_as_many_pass() -> None:
    few: list[float | None] = [*scores(10, 150), None]
    many: list[float | None] = [*scores(60, 150), 0.0]
    gate = plain(hallucination_gate(few, many, baseline="rag"))
    assert gate.result is Outcome.FAIL and "rag.train_share" in gate.remedy
    assert gate.numbers["before"] == pytest.approx(10 / 150)
    assert gate.numbers["after"] == pytest.approx(60 / 150) and gate.numbers["unscored"] == 1
    assert plain(hallucination_gate(few, few, baseline="rag")).result is Outcome.PASS
    assert plain(hallucination_gate(few[:20], few[:20], baseline="rag")).result is (
        Outcome.INCONCLUSIVE
    )
    assert hallucination_gate([None], [None], baseline="rag").result is Outcome.INCONCLUSIVE


FELL = [(0, 2.0), (10, 1.0), (20, 0.9), (30, 0.895)]


@pytest.mark.parametrize(
    ("curves", "outcome", "word"),
    [
        (Curves([1.0] * 30, FELL, False), Outcome.PASS, "at rest|come to rest"),
        (Curves([1.0] * 30, [*FELL, (40, 1.2)], True), Outcome.PASS, "overfitting"),
        (Curves([1.0] * 30, [(0, 2.0), (10, 2.1), (20, 2.2)], False), Outcome.FAIL, "did not help"),
        (Curves([1.0] * 90 + [None] * 10, FELL, False), Outcome.FAIL, "not finite"),
        (Curves([1.0] * 999 + [None], FELL, False), Outcome.PASS, "rest"),
        (
            Curves([1.0] * 30, [(0, 2.0), (10, 1.5), (20, 1.2), (30, 1.0)], False),
            Outcome.INCONCLUSIVE,
            "still falling",
        ),
        (Curves([1.0] * 30, [], False), Outcome.INCONCLUSIVE, "no data"),
    ],
)
def test_convergence_is_read_from_the_curves(curves: Curves, outcome: Outcome, word: str) -> None:
    gate = plain(convergence_gate(curves))
    assert gate.result is outcome
    assert any(part in gate.evidence for part in word.split("|")), gate.evidence


def test_one_bad_slice_fails_and_a_rare_one_does_not_hold_a_release() -> None:
    level = 0.05 / 3
    fine = paired_difference(scores(90, 100), scores(90, 100), level=level)
    bad = paired_difference(scores(90, 100), scores(40, 100), level=level)
    rare = paired_difference(scores(6, 8), scores(6, 8), level=level)
    gate = plain(slices_gate({"de": fine, "fr": bad, "it": rare}, baseline="prompt"))
    assert gate.result is Outcome.FAIL and "fr" in gate.remedy and "fr -50.0" in gate.evidence
    kept = plain(slices_gate({"de": fine, "it": rare}, baseline="prompt"))
    assert kept.result is Outcome.PASS and "1 are too small" in kept.evidence
    unlucky = Interval(0.25, -0.2, 0.6, 8, level)
    open_one = plain(slices_gate({"de": fine, "it": unlucky}, baseline="prompt"))
    assert open_one.result is Outcome.INCONCLUSIVE and "it" in open_one.remedy
    assert slices_gate({}, baseline="prompt").result is Outcome.INCONCLUSIVE


def test_each_side_of_refusals_has_its_own_remedy() -> None:
    harmful = [True] * 150 + [False] * 150
    right = [1.0] * 300
    laxer = plain(refusals_gate(right, [0.0] * 40 + [1.0] * 260, harmful))
    assert "add refusals of harmful" in laxer.remedy and "whet clean" not in laxer.remedy
    assert laxer.numbers["under_refusal"]["result"] == "fail"
    assert laxer.numbers["over_refusal"]["result"] == "pass"
    stricter = plain(refusals_gate(right, [1.0] * 260 + [0.0] * 40, harmful))
    assert "whet clean" in stricter.remedy and "harmless prompts answered 100.0% to 73.3%" in (
        stricter.evidence
    )
    few = plain(refusals_gate(right[:40], right[:40], [True] * 20 + [False] * 20))
    assert few.result is Outcome.INCONCLUSIVE and "some 73" in few.remedy


def test_rows_that_are_copies_or_share_a_group_are_not_more_answers() -> None:
    whole = [1.0] * 80
    assert format_gate(whole).result is Outcome.PASS
    twice = format_gate(whole, ids=[f"i{n // 2}" for n in range(80)])
    assert twice.result is Outcome.INCONCLUSIVE and twice.numbers["n"] == 40
    grouped = format_gate(whole, groups=[f"g{n // 4}" for n in range(80)])
    assert grouped.result is Outcome.INCONCLUSIVE
    assert (grouped.numbers["n"], grouped.numbers["method"]) == (80, "cluster-wilson")
    apart = format_gate(whole, groups=[f"g{n}" for n in range(80)])
    assert apart.numbers == format_gate(whole).numbers


def test_claims_of_copies_are_not_more_claims() -> None:
    clean = [0.0] * 80
    assert hallucination_gate(clean, clean, baseline="prompt").result is Outcome.PASS
    ids = [f"i{n // 2}" for n in range(80)]
    found = hallucination_gate(clean, clean, baseline="prompt", ids=ids)
    assert found.result is Outcome.INCONCLUSIVE and found.numbers["n"] == 40


def test_answers_that_cannot_be_judged_do_not_pass_for_clean_ones() -> None:
    clean = [0.0] * 400
    few: list[float | None] = [*clean[:390], *[None] * 10]
    shut = hallucination_gate(clean, few, baseline="prompt")
    worst = hallucination_gate(clean, [*clean[:390], *[1.0] * 10], baseline="prompt")
    assert shut.numbers["high"] == worst.numbers["high"]
    assert shut.numbers["after"] == 0, "what is missing is shown nowhere as a claim"
    many = hallucination_gate(clean, [*clean[:370], *[None] * 30], baseline="prompt")
    assert many.result is Outcome.INCONCLUSIVE
    assert "more than 5%, so that this stays open" in many.evidence


def test_slices_that_are_too_small_to_be_compared_are_counted() -> None:
    loss = Interval(0.0, -0.02, 0.02, 100)
    found = slices_gate({"lang = de": loss}, baseline="prompt", num_left_out=3)
    assert found.result is Outcome.PASS
    assert "3 more have too few items to be compared." in found.evidence
