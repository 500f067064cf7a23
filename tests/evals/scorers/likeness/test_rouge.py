"""ROUGE is rouge-score's, without a stemmer."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.evals.scorers.likeness.rouge import rouge, rouge_l, tokens

KINDS = {"rouge1": "1", "rouge2": "2", "rougeL": "l"}


@pytest.mark.parametrize(
    ("answer", "gold", "one", "two", "l"),
    [  # rouge-score 0.1.2, RougeScorer(["rouge1", "rouge2", "rougeL"])
        ("the cat sat", "the cat sat", 1.0, 1.0, 1.0),
        ("The cat, sat!", "the cat sat on the mat", 2 / 3, 4 / 7, 2 / 3),
        ("mat the on", "the cat sat on the mat", 2 / 3, 0.0, 4 / 9),
        ("", "the cat", 0.0, 0.0, 0.0),
        ("dog", "cat", 0.0, 0.0, 0.0),
    ],
)
def test_values_that_rouge_score_gives(
    item: Callable[..., Any],
    answer: str,
    gold: str,
    one: float,
    two: float,
    l: float,  # noqa: E741
) -> None:
    found = [rouge(kind)(answer, item(gold)) for kind in KINDS.values()]
    assert found == pytest.approx([one, two, l])


def test_it_equals_rouge_score_on_real_texts(test_data: Path, item: Callable[..., Any]) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(list(KINDS))
    with (test_data / "datasets/e2e_nlg/devset.csv").open(encoding="utf-8") as stream:
        texts = [row["ref"] for row in csv.DictReader(stream)][:400]
    for answer, gold in zip(texts, texts[7:], strict=False):
        wanted = scorer.score(gold, answer)
        for name, kind in KINDS.items():
            found = rouge(kind)(answer, item(gold))
            assert found == pytest.approx(wanted[name].fmeasure, abs=1e-12), (answer, gold, name)


def test_several_references_count_by_the_best(item: Callable[..., Any]) -> None:
    assert rouge("1")("a b", item("c d", references=["a b"])) == 1.0


def test_a_reference_without_latin_letters_leaves_an_item_unscored(
    item: Callable[..., Any],
) -> None:
    assert rouge("1")("\u732b", item("\u732b\u304c\u3044\u308b")) is None
    assert rouge("l")("x", item("")) is None


@given(st.text(alphabet="ab ", max_size=20), st.text(alphabet="ab ", max_size=20))
def test_the_longest_common_subsequence_is_symmetric_and_bounded(a: str, b: str) -> None:
    one, other = tokens(a), tokens(b)
    assert rouge_l(one, other) == rouge_l(other, one) and 0 <= rouge_l(one, other) <= 1
