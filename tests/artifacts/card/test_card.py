"""The model card: what a run's report says, and nothing that breaks out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests_exports import MakeSubject

from whet.artifacts.card import card_text
from whet.artifacts.card.licence import licence_of
from whet.artifacts.card.markdown import fenced, plain
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.types import Decoding

PROOF = Proof("judged model", "PEFT", 100, 1.25e-5, 3e-11, 100, 0.91, 0.91, True)
REPORT: dict[str, Any] = {
    "task": "Route a message | to <one> of 77 intents.",
    "verdict": "ship",
    "reasons": ["tuned beats prompt by 12 points."],
    "arms": {
        "prompt": {"exact_match": {"value": 0.79, "low": 0.75, "high": 0.83, "n": 400}},
        "tuned": {"exact_match": {"value": 0.91, "low": None, "high": None, "n": 400}},
    },
    "comparisons": [
        {
            "a": "tuned", "b": "prompt", "metric": "exact_match", "difference": 0.12,
            "low": 0.08, "high": 0.16, "level": 0.04, "method": "tango",
        }
    ],
    "gates": [
        {"name": "forgetting", "candidate": "tuned", "result": "pass", "evidence": "+0.01 nats",
         "required": True, "waived_by": None},
        {"name": "format", "candidate": "tuned", "result": "fail", "evidence": "3 of 400",
         "required": True, "waived_by": {"by": "Ada", "reason": "old rows"}},
        {"name": "human", "candidate": "tuned", "result": "not_run", "evidence": "",
         "required": False, "waived_by": None},
    ],
    "looks": {"number": 2},
    "data": {"version": "92d818baee3e8e63", "rows": {"train": 10, "validation": 2, "test": 4}},
}  # fmt: skip


@pytest.fixture
def subject(make_subject: MakeSubject, tmp_path: Path) -> Subject:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_text("model: m\ntrain:\n  rank: 16\n  method: lora\neval: {}\n")
    return replace(
        make_subject(),
        name="intents",
        report=REPORT,
        run=run,
        system="Answer ``` with\n```one``` label.",
        decoding=Decoding(temperature=0.0, max_new_tokens=32, stop=("\n",)),
        notices=("the base was in 4 bits",),
    )


def test_a_card_says_what_was_measured_on_what_and_how_it_is_asked(subject: Subject) -> None:
    card = card_text(subject, [PROOF], "run it so", "peft")
    for words in (
        "**ship**",
        "| prompt | exact\\_match | 0.79 | 0.75 to 0.83 | 400 |",
        "| tuned | exact\\_match | 0.91 | - | 400 |",
        "| tuned | prompt | exact\\_match | 0.12 | 0.08 to 0.16 | 96.0% |",
        "| format | tuned | fail, waived by Ada | 3 of 400 |",
        "Not run: human.",
        "Version `92d818baee3e8e63`: 10 train, 2 validation, 4 test rows. Look 2",
        "train:\n  rank: 16\n  method: lora\n```",
        "| PEFT | judged model | 100 of 100 | 1.25e-05 | 3e-11 | 0.91 and 0.91 |",
        "- the base was in 4 bits",
        "Temperature 0, at most 32 tokens.",
        "run it so",
        f"identity `{subject.identity}`, adapter `{subject.adapter_digest}`",
    ):
        assert words in card, words
    assert "eval:" not in card


def test_texts_of_the_project_stay_texts(subject: Subject) -> None:
    card = card_text(subject, [PROOF], "", "peft")
    assert "Route a message \\| to \\<one\\> of 77 intents." in card
    assert "````\nAnswer ``` with\n```one``` label.\n````" in card
    assert plain("a\n# b <script>") == "a \\# b \\<script\\>"
    assert fenced("x") == "```\nx\n```"


def test_a_model_without_a_run_says_that_nothing_was_judged(subject: Subject) -> None:
    card = card_text(replace(subject, report=None, run=None), [PROOF], "", "peft")
    assert "so nothing was judged" in card


def test_without_a_look_there_is_no_verdict(subject: Subject) -> None:
    card = card_text(replace(subject, report={**REPORT, "verdict": None}), [PROOF], "", "peft")
    assert "only validation items" in card


def test_the_licence_is_the_bases_where_its_folder_says(tmp_path: Path) -> None:
    assert licence_of(tmp_path) is None
    (tmp_path / "LICENSE").write_text("\n   Apache License\n   Version 2.0")
    assert licence_of(tmp_path) == "apache-2.0"
    (tmp_path / "README.md").write_text("---\nlanguage: en\nlicense: llama3.2\n---\n# Base")
    assert licence_of(tmp_path) == "llama3.2"


def test_the_front_is_what_the_hub_reads(subject: Subject) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    named = replace(subject, model="acme/base-1B")
    card = huggingface_hub.ModelCard(card_text(named, [PROOF], "", "peft"))
    assert card.data.base_model == "acme/base-1B"
    assert card.data.library_name == "peft"
    assert card.data.tags == ["whet", "lora"]
