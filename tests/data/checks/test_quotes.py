"""Curly quotes that break JSON are told; curly quotes inside JSON strings and in prose are not."""

from __future__ import annotations

import pytest

from whet.data.checks.quotes import typographic_quotes
from whet.data.texts import straight_quotes
from whet.findings import Kind, Severity


@pytest.mark.parametrize(
    "answer",
    [
        "{“name”: “Anna”}",
        "[„a“, „b“]",
        "```json\n{“a”: 1}\n```",
    ],
)
def test_an_answer_is_json_but_for_its_quotes(answer: str) -> None:
    assert straight_quotes(answer) != answer


@pytest.mark.parametrize(
    "answer",
    [
        '{"said": "he said “no”"}', "He said “no”.", '{"a": 1}', "{“a”: }", "",
        "[see “notes”]",
    ],
)  # fmt: skip
def test_an_answer_is_not_json_for_another_reason_or_is_json(answer: str) -> None:
    assert straight_quotes(answer) == answer


def test_a_finding_says_the_repair(row) -> None:
    (finding,) = typographic_quotes([row("Fill the form.", "{“a”: 1}", 4)])
    assert (finding.kind, finding.severity) == (Kind.TYPOGRAPHIC_QUOTES, Severity.WARNING)
    assert (finding.line, finding.field) == (4, "messages[1].content")
    assert finding.fix.startswith('Write " for every curly quote')
