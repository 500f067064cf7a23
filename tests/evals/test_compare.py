"""From scores to intervals."""

from __future__ import annotations

import pytest

from whet.evals.compare import arm_interval, arm_table, by_scores, by_votes


def test_shares_take_wilson_and_graded_scores_do_not() -> None:
    assert getattr(arm_interval([1.0, 0.0, 1.0]), "method", "") == "wilson"
    assert getattr(arm_interval([0.5, 0.0, 1.0]), "method", "") != "wilson"
    shared = arm_interval([1.0, 0.0, 1.0, 1.0], groups=["g", "g", "h", "i"])
    assert shared is not None and shared.method != "wilson"


def test_unscored_items_are_left_out_of_an_arm_and_counted() -> None:
    found = arm_interval([1.0, None, 0.0, None])
    assert found is not None and (found.value, found.n) == (0.5, 2)
    assert arm_interval([None, None]) is None


def test_the_table_holds_each_arm_and_metric() -> None:
    table = arm_table({"prompt": {"exact_match": [1.0], "token_f1": [None]}})
    assert table["prompt"]["token_f1"] is None
    assert getattr(table["prompt"]["exact_match"], "n", 0) == 1


def test_a_comparison_keeps_the_pairs_that_both_scored_and_counts_the_rest() -> None:
    scores = {"tuned": [1.0, 1.0, None, 1.0], "prompt": [0.0, 1.0, 0.0, None]}
    found = by_scores(scores, "exact_match")("tuned", "prompt", 0.04)
    assert (found.difference, found.n, found.num_unscored) == (0.5, 2, 2)
    assert (found.a_value, found.b_value, found.level) == (1.0, 0.5, 0.04)


def test_arms_without_a_common_item_have_no_difference() -> None:
    found = by_scores({"a": [1.0, None], "b": [None, 1.0]}, "exact_match")("a", "b", 0.04)
    assert found.difference is None and found.low is None and found.interval is None


def test_the_report_row_has_the_eight_fields() -> None:
    row = by_scores({"a": [1.0], "b": [0.0]}, "exact_match")("a", "b", 0.04).to_json()
    fields = {"a", "b", "metric", "difference", "low", "high", "level", "method"}
    assert fields <= set(row) and row["difference"] == 1.0


def test_votes_read_in_either_direction() -> None:
    votes = {("tuned", "prompt"): [1.0, 1.0, 0.0, -1.0, None]}
    compare = by_votes(votes)
    forward, back = compare("tuned", "prompt", 0.04), compare("prompt", "tuned", 0.04)
    assert (forward.difference, forward.n) == (0.25, 4)
    assert back.difference == -0.25 and back.low == pytest.approx(-(forward.high or 0))
    assert compare("tuned", "rag", 0.04).difference is None


def test_different_numbers_of_items_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        by_scores({"a": [1.0], "b": [1.0, 0.0]}, "exact_match")("a", "b", 0.04)


def test_the_ends_hold_whatever_a_missing_score_would_be() -> None:
    full = {"a": [1.0, 0.0] * 50, "b": [0.0, 0.0] * 50}
    gap = {"a": [None, *full["a"][1:]], "b": [*full["b"][:-1], None]}
    worst = {"a": [0.0, *full["a"][1:]], "b": [*full["b"][:-1], 1.0]}
    found, low = (by_scores(scores, "exact_match")("a", "b", 0.04) for scores in (gap, worst))
    assert found.low == low.low and found.low is not None
    assert found.n == 98 and found.difference == pytest.approx(49 / 98)
    back = by_scores(gap, "exact_match")("b", "a", 0.04)
    assert back.high == pytest.approx(-found.low)


def test_items_that_neither_arm_has_a_score_for_are_left_out() -> None:
    some = by_scores({"a": [1.0, 0.0, None], "b": [0.0, 0.0, None]}, "exact_match")("a", "b", 0.04)
    none = by_scores({"a": [1.0, 0.0], "b": [0.0, 0.0]}, "exact_match")("a", "b", 0.04)
    assert (some.low, some.high, some.num_unscored) == (none.low, none.high, 1)


def test_faults_of_a_judge_are_held_against_both_sides_and_missing_votes_are_not() -> None:
    votes = {("tuned", "prompt"): [1.0] * 60 + [-1.0] * 38 + [None] * 2}
    left = by_votes(votes)("tuned", "prompt", 0.04)
    held = by_votes(votes, faults=True)("tuned", "prompt", 0.04)
    assert (left.num_unscored, held.num_unscored) == (0, 2)
    assert left.difference == held.difference
    assert (held.low or 0) < (left.low or 0) and (held.high or 0) > (left.high or 0)
