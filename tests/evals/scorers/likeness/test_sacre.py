"""BLEU and chrF are sacrebleu's, to the last digit."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.evals.scorers.likeness.sacre import corpus_bleu, corpus_chrf, sentence_bleu, sentence_chrf
from whet.evals.scorers.references import merged
from whet.types import Example

sacrebleu = pytest.importorskip("sacrebleu")

GOLDS = ["The cat sat on the mat.", "A dog barked at night.", "It rains, it pours."]
OTHERS = ["A cat was on the mat.", "At night a dog barked.", "It is raining hard."]
ANSWERS = ["The cat was on the mat.", "A dog barked.", "It rains and pours."]


@pytest.fixture
def items(item: Callable[..., Any]) -> list[Example]:
    pairs = zip(GOLDS, OTHERS, strict=True)
    return [item(gold, references=[other]) for gold, other in pairs]


def test_corpus_figures_are_those_of_the_command_line(items: list[Example], tmp_path: Path) -> None:
    for name, lines in (("a", GOLDS), ("b", OTHERS), ("hyp", ANSWERS)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "sacrebleu", "a", "b", "-i", "hyp", "-m", "bleu", "chrf",
         "-w", "10"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    wanted = {row["name"].lower(): row["score"] for row in json.loads(said.stdout)}
    assert corpus_bleu(ANSWERS, items, "13a")["value"] == pytest.approx(wanted["bleu"], abs=1e-9)
    assert corpus_chrf(ANSWERS, items, 0)["value"] == pytest.approx(wanted["chrf2"], abs=1e-9)
    assert "tok:13a" in corpus_bleu(ANSWERS, items, "13a")["signature"]


def test_sentence_values_are_those_of_the_library_over_a_hundred(items: list[Example]) -> None:
    for answer, example, golds in zip(ANSWERS, items, zip(GOLDS, OTHERS, strict=True), strict=True):
        bleu = sacrebleu.sentence_bleu(answer, list(golds), use_effective_order=True).score
        chrf = sacrebleu.sentence_chrf(answer, list(golds)).score
        plus = sacrebleu.sentence_chrf(answer, list(golds), word_order=2).score
        assert sentence_bleu("13a")(answer, example) == pytest.approx(bleu / 100, abs=1e-12)
        assert sentence_chrf(0)(answer, example) == pytest.approx(chrf / 100, abs=1e-12)
        assert sentence_chrf(2)(answer, example) == pytest.approx(plus / 100, abs=1e-12)


def test_ends_of_the_scale(item: Callable[..., Any]) -> None:
    for score in (sentence_bleu("13a"), sentence_chrf(0)):
        assert score("The cat sat on the mat.", item(GOLDS[0])) == 1.0
        assert score("", item(GOLDS[0])) == 0.0
        assert score("x", item("")) is None


def test_items_without_a_reference_are_left_out_of_the_corpus(
    items: list[Example], item: Callable[..., Any]
) -> None:
    more = corpus_bleu([*ANSWERS, "x"], [*items, item("")], "13a")
    assert more == corpus_bleu(ANSWERS, items, "13a") and more["n"] == 3
    assert corpus_bleu(["x"], [item("")], "13a")["value"] is None


def test_a_real_set_with_many_references_an_item(test_data: Path, item: Callable[..., Any]) -> None:
    """The E2E set: the answers of one person against those of the others."""
    with (test_data / "datasets/e2e_nlg/devset.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[:1500]
    kept, gone = merged([item(row["ref"], row["mr"]) for row in rows])
    answers = [example.answer for example in kept]
    left = [list(example.fields.get("references", ["", ""]))[1:] for example in kept]
    pairs = [(a, refs, e) for a, refs, e in zip(answers, left, kept, strict=True) if refs]
    assert len(kept) + len(gone) == len(rows) and len(pairs) > 50
    others = [item(refs[0], references=refs) for _, refs, _ in pairs]
    most = max(len(refs) for _, refs, _ in pairs)
    streams = [[r[n] if n < len(r) else None for _, r, _ in pairs] for n in range(most)]
    wanted = sacrebleu.corpus_bleu([a for a, _, _ in pairs], streams).score
    found = corpus_bleu([a for a, _, _ in pairs], others, "13a")["value"]
    assert found == pytest.approx(wanted, abs=1e-9) and 20 < found < 90
