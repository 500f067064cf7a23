"""When answers are a closed set."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from whet.evals.choices import closed_set, outside
from whet.types import Example


def _rows(answers: Sequence[str]) -> list[Example]:
    return [
        Example.of(
            [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": answer}],
            f"train.jsonl:{i + 1}",
        )
        for i, answer in enumerate(answers)
    ]


def test_few_short_repeated_answers_are_a_closed_set() -> None:
    assert closed_set(_rows(["yes", "no ", "no"] * 10)) == ("no", "yes")


@pytest.mark.parametrize(
    ("why", "answers"),
    [
        ("no rows", []),
        ("one answer", ["yes"] * 50),
        ("too many for the rows", [str(i) for i in range(10)] * 4),
        ("an answer of two lines", ["yes", "no\nreally"] * 20),
        ("an empty answer", ["yes", ""] * 20),
        ("a long answer", ["yes", "n" * 81] * 20),
        ("news at its end", ["yes", "no"] * 40 + ["perhaps", "never"]),
    ],
)
def test_anything_else_is_open(why: str, answers: list[str]) -> None:
    assert closed_set(_rows(answers)) is None, why


def test_one_rare_answer_among_hundreds_stays_in_the_set() -> None:
    assert closed_set(_rows(["yes", "no"] * 100 + ["perhaps"])) == ("no", "perhaps", "yes")


def test_tool_calls_are_never_choices() -> None:
    rows = _rows(["yes", "no"] * 20)
    rows[0].messages[-1]["tool_calls"] = [{"id": "1"}]
    assert closed_set(rows) is None


def test_items_that_no_choice_could_answer_are_named() -> None:
    items = _rows(["yes", "maybe"])
    assert outside(("yes", "no"), items) == items[1:]
