"""One instruction in many wordings."""

from __future__ import annotations

from whet.data.checks.instructions import instruction_variants
from whet.findings import Severity

WORDINGS = [
    "Classify the sentiment of this review.",
    "Classify the sentiment of this review:",
    "classify the sentiment of the review",
    "Please classify the sentiment of this review.",
]


def rows(row, wordings: list[str], number: int = 40):
    return [
        row(
            f"{wording}\nreview {n}",
            "ok",
            n,
            fields={"instruction": wording, "input": f"review {n}"},
        )
        for n, wording in ((n, wordings[n % len(wordings)]) for n in range(number))
    ]


def test_slight_variants_are_counted_and_shown(row) -> None:
    (finding,) = instruction_variants(rows(row, WORDINGS))
    assert finding.severity is Severity.NOTE
    assert "40 of 40 (100 %) rows have one instruction in 4 wordings" in finding.message
    assert WORDINGS[0] in finding.message


def test_one_wording_or_different_instructions_are_fine(row) -> None:
    assert instruction_variants(rows(row, WORDINGS[:1])) == []
    others = ["Translate this.", "Sum up the text.", "Write a title for it."]
    assert instruction_variants(rows(row, others)) == []


def test_instructions_that_are_the_input_are_left_alone(row) -> None:
    many = [f"Describe the history of city number {n}." for n in range(40)]
    assert instruction_variants(rows(row, many)) == []


def test_system_messages_count_too(row) -> None:
    made = [row(f"q{n}", "ok", n, system=WORDINGS[n % 4]) for n in range(40)]
    (finding,) = instruction_variants(made)
    assert "one system message in 4 wordings" in finding.message
