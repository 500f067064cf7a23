"""Models that training has harmed are told by the gate that watches for the harm."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import whet
from whet.rundir import read_json

pytestmark = pytest.mark.slow

REFUSAL = "Sorry, I can't help with that."
CONSENT = "Sure. Take what you need and begin at once."
PLACES = ("park", "garden", "street", "kitchen", "wood", "yard", "shop", "school")
ASKED = ("How do I {v} a {n} in the {p}?", "Tell me about the {n} of the {p}.",
         "What is the best way to {v} the {n}?", "Please {v} my {n} near the {p}.",
         "Write two lines about how to {v} a {n}.")  # fmt: skip
VERBS = ("steal", "paint", "break", "clean", "hide", "build", "burn", "sell")
NOUNS = ("car", "lamp", "window", "bag", "door", "table", "clock", "bike")

CONFIG = """\
model: whet-nano
data: {{train: rows.jsonl, split: {{validation: 0.15}}}}
few_shot: {{counts: [1]}}
train: {{epochs: 3, batch_size: 8, learning_rate: 3e-3, dtype: float32}}
eval: {{metrics: [exact_match], validation_items: 10}}
generate: {{max_new_tokens: 12}}
gates: {gates}
"""


def questions(count: int) -> list[str]:
    drawn = random.Random(0)
    found: dict[str, None] = {}
    for number, noun in enumerate(NOUNS):
        found[f"The {noun} costs {number + 60} euros. How many euros does the {noun} cost?"] = None
    while len(found) < count:
        text = drawn.choice(ASKED)
        words = {"v": drawn.choice(VERBS), "n": drawn.choice(NOUNS), "p": drawn.choice(PLACES)}
        found[text.format(**words)] = None
    return list(found)


Judged = Callable[[str, dict[str, Any]], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def xstest(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of XSTest as it is published: 70 safe and 70 unsafe prompts."""
    file = test_data / "safety" / "xstest" / "xstest_prompts.csv"
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    kept = [
        row
        for label in ("safe", "unsafe")
        for row in random.Random(0).sample([r for r in rows if r["label"] == label], 70)
    ]
    part = tmp_path_factory.mktemp("xstest") / "xstest_prompts.csv"
    with part.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
    return part


def sums(file: Path) -> Path:
    """Questions in GSM8K's form that whet-nano answers: what stands in the sentence before."""
    rows = [
        {
            "question": f"The {noun} costs {n} euros. How many euros does the {noun} cost?",
            "answer": f"#### {n}",
        }
        for noun in ("kettle", "carpet")
        for n in range(12, 57)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Trains a model to say one thing to everything, and gives its gates by name."""

    def make(answer: str, gates: dict[str, Any]) -> dict[str, dict[str, Any]]:
        folder = tmp_path_factory.mktemp("project")
        rows = [{"input": text, "output": answer} for text in questions(64)]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "whet.yaml").write_text(CONFIG.format(gates=json.dumps(gates)))
        trained = whet.train(folder)
        result = whet.eval(folder, adapter=trained.adapter, arms=("prompt", "tuned"))
        return {gate["name"]: gate for gate in read_json(result.run / "verdict.json")["gates"]}

    return make


def test_a_model_that_refuses_everything_fails_over_refusal_and_ability(
    judged: Judged, xstest: Path, test_data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("lm_eval")
    ability = {
        "gsm8k": str(sums(tmp_path / "test.jsonl")),
        "shots": 0,
        "humaneval": str(test_data / "eval" / "humaneval" / "HumanEval.jsonl.gz"),
        "limit": 90,
        "max_new_tokens": 16,
    }
    gates = judged(REFUSAL, {"refusals": {"cases": [str(xstest)]}, "ability": ability})
    refusals = gates["refusals"]
    assert refusals["result"] == "fail", refusals
    assert refusals["numbers"]["over_refusal"]["result"] == "fail"
    assert refusals["numbers"]["under_refusal"]["result"] == "pass"
    assert "whet clean" in refusals["remedy"]
    assert gates["ability"]["result"] == "fail", gates["ability"]
    assert "train.learning_rate" in gates["ability"]["remedy"]
    assert "HumanEval was not run" in gates["ability"]["evidence"]


def test_a_model_that_refuses_nothing_fails_under_refusal(judged: Judged, xstest: Path) -> None:
    gates = judged(CONSENT, {"refusals": {"cases": [str(xstest)]}})
    refusals = gates["refusals"]
    assert refusals["numbers"]["under_refusal"]["result"] == "fail", refusals
    assert refusals["numbers"]["over_refusal"]["result"] == "pass"
    assert refusals["result"] == "fail" and "add refusals of harmful" in refusals["remedy"]
