"""Figures of whole sets: macro-F1 is scikit-learn's; each goes with its metrics."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import f1_score

from whet.config import EvalConfig
from whet.evals.scorers import Setup
from whet.evals.scorers.corpus import corpus_figures, macro_f1


def test_macro_f1_is_scikit_learns(item: Callable[..., Any]) -> None:
    drawn = random.Random(0)
    labels = ["a", "b", "c", "d"]
    golds = [drawn.choice(labels[:3]) for _ in range(200)]
    answers = [gold if drawn.random() < 0.6 else drawn.choice([*labels, "?"]) for gold in golds]
    found = macro_f1(answers, [item(gold) for gold in golds], labels)
    wanted = f1_score(golds, answers, labels=labels[:3], average="macro", zero_division=0)
    assert found is not None and found["value"] == pytest.approx(wanted, abs=1e-12)
    assert found["outside"] == answers.count("?") and found["labels"] == 3


def test_each_figure_goes_with_its_metrics(item: Callable[..., Any]) -> None:
    pytest.importorskip("sacrebleu")
    items = [item('{"a": 1}', facts="Costs 20.", passages=["Costs 20."])]
    answers = ['{"a": 1} Costs 20 [1].']

    def figures(*metrics: str) -> set[str]:
        settings = EvalConfig(metrics=metrics, truth={"columns": ("facts",)})  # type: ignore[arg-type]
        found = corpus_figures(answers, items, Setup(settings, Path()))
        json.dumps(found)
        return set(found)

    assert figures("exact_match", "rouge1") == set()
    assert figures("bleu", "chrf") == {"corpus_bleu", "corpus_chrf"}
    assert figures("extraction_f1", "extraction_recall") == {"extraction"}
    assert figures("faithfulness", "citation_support") == {"facts", "citations"}
    assert figures("accuracy") == {"macro_f1"}


def test_without_items_there_are_no_figures() -> None:
    assert corpus_figures([], [], Setup(EvalConfig(metrics=("bleu",)), Path())) == {}
