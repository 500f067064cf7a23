"""Fields of JSON answers: what is right, surplus and missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.metrics import precision_recall_fscore_support

from whet.evals.scorers.extraction import FieldCount, corpus_extraction, counts, extraction

GOLD = '{"city": "Ulm", "items": ["a", "b"], "date": null, "to": {"zip": 89073}}'


def test_values_are_counted_by_field() -> None:
    answer = '{"city": "ulm.", "items": ["b", "c"], "date": "x", "to": {"zip": "89073"}}'
    assert counts(answer, GOLD) == {
        "city": FieldCount(right=1),
        "items": FieldCount(right=1, surplus=1, missed=1),
        "date": FieldCount(surplus=1),
        "to.zip": FieldCount(surplus=1, missed=1),
    }


@pytest.mark.parametrize(
    ("answer", "precision", "recall", "f1"),
    [
        (GOLD, 1.0, 1.0, 1.0),
        ('{"city": "Ulm"}', 1.0, 0.25, 0.4),
        ("{}", 0.0, 0.0, 0.0),
        ("no json", 0.0, 0.0, 0.0),
        (f"```json\n{GOLD}\n```", 1.0, 1.0, 1.0),
    ],
)
def test_an_item_has_precision_recall_and_f1(
    item: Callable[..., Any], answer: str, precision: float, recall: float, f1: float
) -> None:
    found = [extraction(part)(answer, item(GOLD)) for part in ("precision", "recall", "f1")]
    assert found == pytest.approx([precision, recall, f1])


def test_numbers_truth_values_and_texts_are_three_things() -> None:
    assert counts('{"a": 1.0}', '{"a": 1}') == {"a": FieldCount(right=1)}
    assert counts('{"a": true}', '{"a": 1}') == {"a": FieldCount(surplus=1, missed=1)}
    assert counts('{"a": "1"}', '{"a": 1}') == {"a": FieldCount(surplus=1, missed=1)}


def test_gold_that_is_no_json_leaves_an_item_unscored(item: Callable[..., Any]) -> None:
    assert extraction("f1")("{}", item("Ulm")) is None
    assert extraction("f1")("{}", item("{}")) == 1.0


def test_only_the_named_fields_are_looked_at(item: Callable[..., Any]) -> None:
    score = extraction("f1", ["to"])
    assert score('{"city": "Bonn", "to": {"zip": 89073}}', item(GOLD)) == 1.0


def test_the_micro_figures_are_those_of_scikit_learn(item: Callable[..., Any]) -> None:
    """Each (field, value) is a label that an item has or has not."""
    golds = [{"a": i % 3, "b": i % 2} for i in range(30)]
    answers = [{"a": i % 4, "b": i % 2} if i % 5 else {"b": i % 3} for i in range(30)]
    labels = sorted({pair for row in (*golds, *answers) for pair in row.items()})
    truth = [[int(row.get(k) == v) for k, v in labels] for row in golds]
    given = [[int(row.get(k) == v) for k, v in labels] for row in answers]
    wanted = precision_recall_fscore_support(truth, given, average="micro", zero_division=0)
    found = corpus_extraction(
        [json.dumps(row) for row in answers], [item(json.dumps(row)) for row in golds]
    )
    assert found is not None
    assert [found["precision"], found["recall"], found["f1"]] == pytest.approx(wanted[:3])
    assert set(found["by_field"]) == {"a", "b"} and found["not_json"] == 0
