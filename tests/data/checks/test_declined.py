"""Answers that decline are told by row, or as one finding where the set is full of them."""

from __future__ import annotations

from whet.data.checks.declined import refusals

NO = "I'm sorry, but I can't help with that."


def test_a_row_that_declines_is_accused(answers) -> None:
    (finding,) = refusals(answers("Yes, at nine.", NO))
    assert (finding.line, finding.field) == (2, "messages[1].content")
    assert NO in finding.message


def test_a_set_full_of_refusals_is_one_finding(answers) -> None:
    (finding,) = refusals(answers(*[NO, "Yes."] * 30))
    assert finding.message.startswith("30 of 60 (50 %) rows hold an answer that declines")
    assert "t.jsonl:1, 3" in finding.message


def test_few_refusals_in_a_large_set_are_each_told(answers) -> None:
    assert len(refusals(answers(*[NO] * 30, *["Yes."] * 970))) == 30


def test_a_label_or_a_plain_answer_does_not_decline(answers) -> None:
    assert refusals(answers("declined_transfer", "The card cannot be used abroad.")) == []
