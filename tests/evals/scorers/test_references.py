"""Several right answers an item, and what a judge looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from whet.evals.scorers import criteria_of, merged, references_of


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["b", "a", "b", " "], ("a", "b")),
        ('["b", "c"]', ("a", "b", "c")),
        ("b", ("a", "b")),
        ("[see note]", ("a", "[see note]")),
        (None, ("a",)),
        ("", ("a",)),
    ],
)
def test_references_are_the_gold_answer_and_the_columns_texts(
    item: Callable[..., Any], column: Any, expected: tuple[str, ...]
) -> None:
    assert references_of(item("a", references=column)) == expected


def test_criteria_come_as_a_list_as_json_or_as_one_text(item: Callable[..., Any]) -> None:
    assert criteria_of(item("a", criteria=["polite", "short"])) == ("polite", "short")
    assert criteria_of(item("a", criteria='["polite"]')) == ("polite",)
    assert criteria_of(item("a", criteria="polite")) == ("polite",)
    assert criteria_of(item("a")) == ()


def test_rows_that_ask_the_same_become_one_item_with_all_answers(item: Callable[..., Any]) -> None:
    rows = [
        item("a", "one?", "t:1", x=1),
        item("b", "two?", "t:2"),
        item("c", "one?", "t:3", references=["d"]),
        item("a", "one?", "t:4"),
    ]
    kept, gone = merged(rows)
    assert [row.source for row in kept] == ["t:1", "t:2"]
    assert [row.source for row in gone] == ["t:3", "t:4"]
    assert references_of(kept[0]) == ("a", "c", "d") and kept[0].fields["x"] == 1
    assert kept[1] is rows[1]
