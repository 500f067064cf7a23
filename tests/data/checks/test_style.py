"""Answers that are not of one piece."""

from __future__ import annotations

from whet.data.checks.style import style
from whet.findings import Severity

PLAIN = [f"The parcel {n} leaves the house at noon." for n in range(100)]


def test_a_trait_of_a_minority_is_told_with_share_and_places(answers) -> None:
    bold = [f"**Parcel {n}** leaves at noon." for n in range(10)]
    (finding,) = style(answers(*PLAIN[:90], *bold))
    assert finding.severity is Severity.NOTE
    assert "10 % use markdown (as t.jsonl:91, 92)" in finding.message


def test_the_few_without_a_trait_are_told_too(answers) -> None:
    greeted = [f"Hello, the parcel {n} leaves at noon." for n in range(90)]
    (finding,) = style(answers(*greeted, *PLAIN[:10]))
    assert "all but 10 % begin with a greeting (without: t.jsonl:91, 92)" in finding.message


def test_lengths_far_apart_are_told(answers) -> None:
    (finding,) = style(answers(*["Yes, " + "a" * (n % 9) for n in range(50)], *["b " * 900] * 50))
    assert "the longest at least 1,800" in finding.message


def test_answers_of_one_piece_and_labels_are_left_alone(answers) -> None:
    assert style(answers(*PLAIN)) == []
    assert style(answers(*["**a**", "b"] * 50)) == []
