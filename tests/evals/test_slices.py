"""Slices: who is in which, what is compared, and the worst one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from whet.config import SliceRule
from whet.errors import ConfigError
from whet.evals.compare import compare_scores
from whet.evals.slices import MAX_VALUES, NONE, REST, slice_table, slice_values


def _scores() -> dict[str, list[float | None]]:
    """60 items: tuned gains in `a`, loses in `b`, and `c` has too few."""
    prompt = [float(n % 2) for n in range(60)]
    tuned = [1.0] * 30 + [0.0] * 25 + [float(n % 2) for n in range(55, 60)]
    return {"prompt": [*prompt], "tuned": [*tuned]}


COLUMN = {"kind": ["a"] * 30 + ["b"] * 25 + ["c"] * 5}


def test_every_slice_has_every_arm_and_the_pairs_difference() -> None:
    table = slice_table(_scores(), COLUMN, metric="accuracy", pair=("tuned", "prompt"), level=0.04)
    assert [(row.value, row.n) for row in table.rows] == [("a", 30), ("b", 25), ("c", 5)]
    first = table.rows[0]
    assert first.arms["tuned"] and first.arms["tuned"].value == 1.0
    assert first.comparison and first.comparison.difference == 0.5
    assert table.lowest and table.lowest.name == "kind = b"
    assert table.most_lost and table.most_lost.name == "kind = b"
    json.dumps(table.to_json())


def test_differences_share_the_level_among_the_slices_that_are_compared() -> None:
    scores = _scores()
    table = slice_table(scores, COLUMN, metric="accuracy", pair=("tuned", "prompt"), level=0.04)
    assert table.each_level == 0.02 and len(table.compared) == 2
    alone = compare_scores(
        ("tuned", scores["tuned"][:30]), ("prompt", scores["prompt"][:30]),
        metric="accuracy", level=0.02,
    )  # fmt: skip
    assert table.rows[0].comparison == alone
    each = slice_table(
        scores, COLUMN, metric="accuracy", pair=("tuned", "prompt"), level=0.04, simultaneous=False
    )
    assert each.each_level == 0.04


def test_a_small_slice_is_shown_and_not_compared() -> None:
    table = slice_table(_scores(), COLUMN, metric="accuracy", pair=("tuned", "prompt"))
    small = table.rows[2].comparison
    assert small and small.difference == 0.0 and small.low is None
    assert "fewer than 10 items are not compared" in table.note


def test_unscored_items_do_not_make_a_slice_large() -> None:
    scores: dict[str, list[float | None]] = {"a": [None] * 12 + [1.0] * 9, "b": [1.0] * 21}
    table = slice_table(scores, {"s": ["x"] * 21}, metric="m", pair=("a", "b"))
    assert not table.compared and table.lowest is None
    assert table.note.startswith("No slice has 10 items")


def test_without_a_pair_the_arms_are_described() -> None:
    table = slice_table(_scores(), COLUMN, metric="accuracy")
    assert all(row.comparison is None for row in table.rows)
    assert table.lowest and table.lowest.value == "b" and table.most_lost is None


def test_all_intervals_hold_together_as_often_as_they_say() -> None:
    """Eight slices without any difference: that one of them excludes zero is rare."""
    drawn = random.Random(1)
    false = 0
    for _ in range(200):
        scores: dict[str, list[float | None]] = {
            arm: [float(drawn.random() < 0.5) for _ in range(240)] for arm in ("a", "b")
        }
        columns = {"s": [str(n % 8) for n in range(240)]}
        table = slice_table(scores, columns, metric="m", pair=("a", "b"), level=0.05)
        pairs = [row.comparison for row in table.compared if row.comparison]
        false += any((p.low or 0) > 0 or (p.high or 0) < 0 for p in pairs)
    assert false / 200 <= 0.08


def test_columns_and_rules_say_who_is_in_which_slice(item: Callable[..., Any]) -> None:
    items = [
        item("x", "a refund please", lang="de", n=1),
        item("x", "hello there my dear friends", lang="fr", n=2),
        item("x", "hi", n=1),
    ]
    rules = {
        "refunds": SliceRule(regex="refund"),
        "long": SliceRule(min_words=4),
        "ones": SliceRule(column="n", equals=("1",), max_words=2),
    }
    assert slice_values(items, ["lang", "n"], rules) == {
        "lang": ["de", "fr", NONE],
        "n": ["1", "2", "1"],
        "refunds": ["yes", None, None],
        "long": [None, "yes", None],
        "ones": [None, None, "yes"],
    }


def test_a_column_that_no_item_has_is_refused(item: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match=r"eval.slices: no judged item has a column 'lnag'"):
        slice_values([item("x", lang="de")], ["lnag"])
    rules = {"r": SliceRule(column="tier", equals=("gold",))}
    with pytest.raises(ConfigError, match=r"eval.slice_rules.r: no judged item has a column"):
        slice_values([item("x", lang="de")], [], rules)


def test_the_rarest_of_very_many_values_are_one_slice(item: Callable[..., Any]) -> None:
    items = [item("x", n=str(n // 2)) for n in range(2 * MAX_VALUES)] + [item("x", n="rare")]
    found = slice_values(items, ["n"])["n"]
    assert found[-1] == REST and found.count(REST) == 1


def test_a_rule_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="name at least one"):
        SliceRule(column="lang")
    with pytest.raises(ValidationError, match="not a regular expression"):
        SliceRule(regex="(")


def test_rows_of_one_id_are_one_item_of_a_slice() -> None:
    scores = {"a": [1.0, 0.0, 1.0] * 8, "b": [0.0, 0.0, 1.0] * 8}
    ids = [str(n) for n in range(24)]
    once = slice_table(scores, {"s": ["x"] * 24}, metric="m", pair=("a", "b"), ids=ids)
    thrice = slice_table(
        {arm: values * 3 for arm, values in scores.items()},
        {"s": ["x"] * 72}, metric="m", pair=("a", "b"), ids=ids * 3,
    )  # fmt: skip
    assert thrice.rows[0].comparison == once.rows[0].comparison
    assert thrice.rows[0].arms == once.rows[0].arms
