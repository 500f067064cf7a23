"""From votes to what they say: tallies, agreement, suspicions, exports."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st
from tests_reviewing import make_frozen

from whet.config import DataConfig
from whet.data import load
from whet.reviewing.comparing.frozen import Pair
from whet.reviewing.results.agreement import agreement
from whet.reviewing.results.casts import Cast
from whet.reviewing.results.exports import (
    as_csv,
    export_all,
    from_csv,
    judge_labels,
    preference_pairs,
    vote_row,
)
from whet.reviewing.results.suspicions import suspicions
from whet.reviewing.results.tally import tally, values_of
from whet.reviewing.server.raters import Role

PAIR = Pair("tuned", "prompt")


def cast(rater: str, item: int, preference: int | None, **changes: Any) -> Cast:
    """A vote; its side follows from the item's number, evenly."""
    left = "tuned" if item % 2 else "prompt"
    for_left = preference if left == "tuned" else -(preference or 0)
    choices = {2: "left_much", 1: "left_slightly", 0: "tie", -1: "right_slightly", -2: "right_much"}
    plain = Cast(
        rater, Role.RATER, f"item-{item:03d}", ("tuned", "prompt"), False,
        "skip" if preference is None else choices[for_left or 0], preference, {}, {}, "", (), None,
        left, 9.0, 1e9 + 20 * item, 1,
    )  # fmt: skip
    return replace(plain, **changes)


def both(item: int, first: int | None, second: int | None) -> list[Cast]:
    return [cast("rater-1", item, first), cast("rater-2", item, second)]


def test_an_item_is_the_mean_of_the_signs_of_its_raters() -> None:
    frozen = make_frozen(5)
    votes = [*both(0, 2, 1), *both(1, 2, -1), *both(2, 0, -2), *both(3, None, 1)]
    assert values_of(frozen, PAIR, votes) == [1.0, 0.0, -0.5, 1.0, None]
    assert values_of(frozen, PAIR, votes, graded=True) == [0.75, 0.25, -0.5, 0.5, None]
    assert values_of(frozen, Pair("prompt", "tuned"), votes) == [None] * 5


def test_the_adjudicator_s_vote_stands_in_place_of_the_others() -> None:
    settled = cast("adjudicator", 0, -2, role=Role.ADJUDICATOR)
    assert values_of(make_frozen(1), PAIR, [*both(0, 2, -1), settled]) == [-1.0]


def test_second_votes_count_for_consistency_alone() -> None:
    again = [cast("rater-1", 0, -2, is_repeat=True), cast("rater-1", 1, 1, is_repeat=True)]
    votes = [*both(0, 2, 2), *both(1, 1, 1), *again]
    assert values_of(make_frozen(2), PAIR, votes) == [1.0, 1.0]
    (first, _) = agreement(votes).raters
    assert (first.consistent, first.repeats) == (0.5, 2)


def test_equal_answers_are_ties_without_a_vote() -> None:
    frozen = make_frozen(2)
    same = replace(frozen.items[0], answers={"tuned": "Yes.", "prompt": "Yes."})
    frozen = replace(frozen, items=(same, frozen.items[1]))
    found = tally(frozen, PAIR, both(1, 2, 2))
    assert (found.wins, found.ties, found.losses, found.identical) == (1, 1, 0, 1)


def test_a_tally_counts_ties_both_bad_skips_and_flags_apart() -> None:
    bad = [replace(one, choice="both_bad") for one in both(2, 0, 0)]
    flagged = [replace(one, choice="flag") for one in both(4, None, None)]
    votes = [*both(0, 2, 2), *both(1, -1, -2), *bad, *both(3, 0, 0), *flagged]
    found = tally(make_frozen(6), PAIR, votes)
    assert (found.wins, found.ties, found.losses, found.without_value) == (1, 2, 1, 2)
    assert found.both_bad == 0.25 and found.flagged == 2 and found.skipped == 0
    assert found.win_rate == 0.5 and found.net is not None and found.net.value == 0


def test_agreement_is_full_none_or_by_chance() -> None:
    signs = random.Random(1).choices([-1, 0, 1], k=60)
    same = agreement([one for n, sign in enumerate(signs) for one in both(n, 2 * sign, sign)])
    assert same.alpha is not None and same.alpha.value == 1.0
    assert same.kappa is not None and same.kappa.value == 1.0
    drawn = random.Random(2)
    noise = agreement(
        [o for n in range(200) for o in both(n, drawn.choice([-1, 1]), drawn.choice([-1, 1]))]
    )
    assert noise.alpha is not None and noise.alpha.low is not None and noise.alpha.high is not None
    assert noise.alpha.low < 0 < noise.alpha.high
    assert [one.rater for one in noise.raters] == ["rater-1", "rater-2"]


def _honest(rater: str, drawn: random.Random, items: int = 60) -> list[Cast]:
    return [
        cast(rater, n, drawn.choice([2, 1, 1, -1, 0]), seconds=8 + 6 * drawn.random())
        for n in range(items)
    ]


def test_honest_raters_are_not_suspected() -> None:
    drawn = random.Random(3)
    votes = [one for n in range(1, 5) for one in _honest(f"rater-{n}", drawn)]
    assert suspicions(votes, agreement(votes)) == []


def test_riggers_are_named_with_the_reason() -> None:
    drawn = random.Random(4)
    fair = [*_honest("fair-1", drawn), *_honest("fair-2", drawn)]
    fast = [replace(one, rater="fast", seconds=1.0) for one in _honest("fast", drawn)]
    flood = [
        replace(one, rater="flood", seconds=None, at=1e9 + 0.12 * n)
        for n, one in enumerate(_honest("flood", drawn))
    ]
    left = [replace(cast("left", n, 2 if n % 2 else -2), choice="left_much") for n in range(60)]
    tie = [cast("tie", n, 0) for n in range(60)]
    twin = [replace(one, rater="twin") for one in fair if one.rater == "fair-1"]
    votes = [*fair, *fast, *flood, *left, *tie, *twin]
    found = {(one.rater, one.kind) for one in suspicions(votes, agreement(votes))}
    assert found == {
        ("fast", "too_fast"), ("flood", "too_fast"), ("left", "one_side"), ("tie", "one_answer"),
        ("fair-1", "same_votes"), ("twin", "same_votes"),
    }  # fmt: skip


def test_whoever_contradicts_themselves_is_named() -> None:
    votes = [cast("rater-1", n, 2) for n in range(8)]
    votes += [cast("rater-1", n, -2, is_repeat=True) for n in range(6)]
    assert [one.kind for one in suspicions(votes, agreement(votes))] == ["inconsistent"]


HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-2",
    "@SUM(A1)",
    "\tx",
    "'quoted",
    'a "b"\r\nc',
    "null",
    "7",
)


@given_by(st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]))))
def test_csv_holds_no_formula_and_comes_back_as_it_was(reason: str) -> None:
    row = vote_row(cast("rater-1", 0, -2, reason=reason, gold=reason, tags=(reason,)))
    text = as_csv([row])
    assert from_csv(text) == [row]
    import csv
    import io

    for cells in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_pairs_are_what_train_reads(tmp_path: Path) -> None:
    frozen = make_frozen(12)
    written = cast("rater-1", 2, 0, choice="both_bad", gold="What should have been said.")
    votes = [*both(0, 2, 1), *both(1, -1, -2), written, *both(3, 1, -1)]
    rows = list(preference_pairs(frozen, votes))
    assert [(r["item"], r["chosen_by"], r["rejected_by"]) for r in rows] == [
        ("item-000", "tuned", "prompt"), ("item-001", "prompt", "tuned"),
        ("item-002", "rater-1", "tuned"), ("item-002", "rater-1", "prompt"),
    ]  # fmt: skip
    export_all(tmp_path, frozen, votes, {})
    config = DataConfig(train=(str(tmp_path / "pairs.jsonl"),))
    data = load(config, root=tmp_path, has_prompt=False, objective="dpo")
    assert data.train[0].answer == "Answer 0 alpha."
    assert data.train[0].rejected[0]["content"] == "Answer 0 omega."


def test_masked_names_are_in_no_pair() -> None:
    frozen = make_frozen(1)
    item = replace(frozen.items[0], raw={"tuned": "I am ChatGPT. Answer 0 alpha."})
    (row,) = preference_pairs(replace(frozen, items=(item,)), both(0, 2, 2))
    assert row["chosen"][0]["content"] == "I am ChatGPT. Answer 0 alpha."


def test_labels_are_what_a_judge_is_calibrated_with(tmp_path: Path) -> None:
    labels = pytest.importorskip("whet.evals.judge.labels")
    quality = {"tuned": "bad", "prompt": "bad"}
    votes = [*both(0, 2, 1), *both(1, 0, -1), cast("rater-1", 2, 0, quality=quality)]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in judge_labels(votes)))
    found, draws = labels.read_labels(path, scale=5, passing=4)
    assert draws == 0
    assert {(one.item, one.arms): one.says for one in found} == {
        ("item-000", ("tuned", "prompt")): 1.0,
        ("item-001", ("tuned", "prompt")): 0.0,
        ("item-002", ("tuned", "prompt")): 0.0,
        ("item-002", ("tuned",)): 0.0,
        ("item-002", ("prompt",)): 0.0,
    }


def test_a_reason_of_thousands_of_brackets_is_a_text_like_any_other() -> None:
    row = vote_row(cast("rater-1", 0, 1, reason="[" * 8_000))
    assert from_csv(as_csv([row])) == [row]
