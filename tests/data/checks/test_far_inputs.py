"""Inputs that are unlike every training row."""

from __future__ import annotations

import json
from pathlib import Path

from whet.data import read
from whet.data.checks.far_inputs import far_from_training
from whet.findings import Kind, Severity


def test_questions_out_of_scope_are_told_and_those_in_scope_are_not(row, test_data: Path) -> None:
    path = test_data / "datasets" / "clinc150" / "data_full.json"
    data = json.loads(path.read_text(encoding="utf-8"))

    def rows(name: str, step: int):
        pairs = data[name][::step]
        return [row(question, label, line) for line, (question, label) in enumerate(pairs, 1)]

    train = rows("train", 5)
    assert far_from_training(train, rows("test", 5), "test") == []
    (finding,) = far_from_training(train, rows("oos_test", 1), "production")
    assert (finding.kind, finding.severity) == (Kind.FAR_INPUT, Severity.WARNING)
    assert "of 1,000" in finding.message
    assert "production inputs are unlike every training row" in finding.message


def test_banking77s_test_rows_are_like_its_training_rows(test_data: Path) -> None:
    rows = read("banking77/test.csv", root=test_data / "datasets").examples
    assert far_from_training(rows[::2], rows[1::2], "test") == []


def test_few_training_rows_say_nothing(answers) -> None:
    assert far_from_training(answers("a", "b"), answers("c"), "test") == []
    assert far_from_training(answers(*"ab" * 40), [], "test") == []
