"""Answers that were never filled in."""

from __future__ import annotations

import pytest

from whet.data.checks.placeholders import placeholder, placeholders


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ("I am {{name}}, made by {{ author }}.", "{{name}}"), ("NaN", "NaN"), (" todo ", "todo"),
        ("Lorem ipsum dolor sit", "Lorem ipsum"), ("[object Object]", "[object Object]"),
        ("<nooutput>", "<nooutput>"),
    ],
)  # fmt: skip
def test_what_was_never_filled_in_is_seen(answer: str, seen: str) -> None:
    assert placeholder(answer) == seen


@pytest.mark.parametrize(
    "answer", ["Dear [Your Name], ...", "none", "null", "{'a': {'b': 1}}", "Do it today.", "Nana"]
)
def test_what_only_looks_like_it_is_left_alone(answer: str) -> None:
    assert placeholder(answer) == ""


def test_a_name_that_the_question_asks_for_is_an_answer(row) -> None:
    rows = [row("Keep {{name}} as it is: Hallo {{name}}", "Hello {{name}}")]
    assert placeholders(rows) == []
    (finding,) = placeholders([row("Who are you?", "I am {{name}}.", 9)])
    assert (finding.line, "{{name}}" in finding.message) == (9, True)
