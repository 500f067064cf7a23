"""A run of ready answers whose primary metric is the preference of people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from whet.rundir import RunDir
from whet.verbs.eval import eval

CONFIG = """\
task: Answer a customer.
model: whet-nano
data: {train: train.jsonl, test: test.jsonl}
arms: {canned: {predictions: canned.jsonl}}
eval: {metrics: [token_f1], primary: preference, margin: 0.05}
review: {items: 60, repeats: 0.05, tags: [wrong, tone], criteria: []}
gates: {human: {items: 50}}
"""
TOPICS = ("parcel", "invoice", "refund", "login", "address", "voucher")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished run; made once."""
    folder = tmp_path_factory.mktemp("votes") / "project"
    folder.mkdir()
    (folder / "whet.yaml").write_text(CONFIG, encoding="utf-8")

    def write(name: str, rows: list[dict[str, str]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")

    asked = [f"About my {TOPICS[n % 6]}, case {n * 37}: what happens next?" for n in range(80)]
    gold = [f"We look into {n * 37} and write to you today." for n in range(80)]
    write("test.jsonl", [{"input": q, "output": a} for q, a in zip(asked, gold, strict=True)])
    write("train.jsonl", [{"input": f"Hello {n}", "output": f"Good day {n}!"} for n in range(9)])
    named = [f"I am ChatGPT. {a}" if n % 8 == 0 else a for n, a in enumerate(gold)]
    write("tuned.jsonl", [{"input": q, "answer": a} for q, a in zip(asked, named, strict=True)])
    write("canned.jsonl", [{"input": q, "answer": f"See our page, {q[-30:]}"} for q in asked])
    eval(
        folder / "whet.yaml",
        split="test",
        arms=("canned", "tuned"),
        predictions=folder / "tuned.jsonl",
    )
    return folder


@pytest.fixture(autouse=True)
def same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sides in every run: a rare draw makes an honest rater look one-sided."""
    monkeypatch.setattr(
        "whet.reviewing.comparing.frozen.secrets.token_hex", lambda size: "5" * size
    )


@pytest.fixture
def voted(made: Path, tmp_path: Path) -> Callable[[], RunDir]:
    """A function that gives a fresh copy of the run, without a review."""

    def copy() -> RunDir:
        shutil.copytree(made, tmp_path / "project")
        return RunDir(tmp_path / "project" / "runs" / "001")

    return copy
