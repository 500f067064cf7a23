"""Advice on the number of rows, by a kind of task that is guessed."""

from __future__ import annotations

from whet.data.checks.size import guess, size
from whet.findings import Severity
from whet.types import Example


def test_labels_are_taken_for_classification(answers) -> None:
    advice = guess(answers(*["a", "b", "c", "d"] * 30))
    assert (advice.kind, advice.low, advice.high) == ("classification", 80, 400)


def test_short_lines_are_taken_for_form(answers) -> None:
    advice = guess(answers(*[f"PICK {n} boxes" for n in range(50)]))
    assert (advice.low, advice.high) == (50, 200)


def test_prose_is_taken_for_a_domain(answers) -> None:
    assert guess(answers(*["long " * (60 + n) for n in range(50)])).low == 500


def test_tools_turns_code_and_length_are_taken_for_a_complex_task(answers) -> None:
    plain = answers(*[f"answer {n}" for n in range(50)])
    tools = [Example.of(r.messages, r.source, tools=[{"type": "function"}]) for r in plain]
    turns = [Example.of([*r.messages, *r.messages], r.source) for r in plain]
    code = answers(*[f"```\nprint({n})\n```" for n in range(50)])
    long = answers(*["word " * (400 + n) for n in range(50)])
    assert {guess(rows).low for rows in (tools, turns, code, long)} == {1000}


def test_prices_that_repeat_are_no_classes(answers) -> None:
    assert guess(answers(*[f"{n % 5 + 2} euros" for n in range(50)])).kind != "classification"


def test_the_finding_says_that_it_guesses_and_what_is_missing(answers) -> None:
    (finding,) = size(answers(*[f"PICK {n}" for n in range(30)]))
    assert finding.severity is Severity.NOTE
    assert "30 training rows." in finding.message
    assert "(a guess)" in finding.message
    assert finding.fix == "20 more would reach that."
    assert size([]) == []
