"""`whet check` announces what the verdict will be able to show: its look, its level, its arms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whet.evals.looks import record
from whet.project import open_project
from whet.stats import look_level, smallest_gain
from whet.types import Example
from whet.verbs.check import _gain

TEST = [
    Example.of(
        ({"role": "user", "content": f"question {n}"}, {"role": "assistant", "content": "a"}),
        f"test.jsonl:{n}",
    )
    for n in range(1, 201)
]


def announced(folder: Path, more: str = "", test: list[Example] = TEST) -> tuple[float, str]:
    row = json.dumps({"input": "question", "output": "a"})
    (folder / "rows.jsonl").write_text(row + "\n", encoding="utf-8")
    (folder / "prompt.txt").write_text("Answer.", encoding="utf-8")
    (folder / "docs").mkdir(exist_ok=True)
    config = folder / "whet.yaml"
    config.write_text(
        "model: whet-nano\ndata: {train: rows.jsonl}\nprompt: prompt.txt\n"
        f"eval: {{primary: exact_match, metrics: [exact_match], margin: 0.02}}\n{more}",
        encoding="utf-8",
    )
    gain, note = _gain(open_project(config), test)
    assert gain is not None
    return gain, note


def test_the_gain_is_over_two_baselines_at_the_first_look(tmp_path: Path) -> None:
    gain, note = announced(tmp_path)
    assert gain == smallest_gain(200, margin=0.02, level=0.04, num_baselines=2)
    assert f"{100 * gain:.1f} points" in note and "look 1" in note and "30% of the items" in note


def test_retrieval_shares_the_level_and_adds_a_baseline(tmp_path: Path) -> None:
    gain, note = announced(tmp_path, "rag: {documents: docs}\n")
    assert gain == smallest_gain(200, margin=0.02, level=0.02, num_baselines=3)
    assert "tuned_rag" in note


def test_without_few_shot_there_is_one_baseline(tmp_path: Path) -> None:
    gain, _ = announced(tmp_path, "few_shot: {counts: []}\n")
    assert gain == smallest_gain(200, margin=0.02, level=0.04)


def test_items_that_were_looked_at_show_less(tmp_path: Path) -> None:
    first, _ = announced(tmp_path)
    record(tmp_path / "looks.jsonl", [item.id for item in TEST[:50]], "some run")
    second, note = announced(tmp_path)
    assert "look 2" in note and second > first
    expected = smallest_gain(200, margin=0.02, level=look_level(2), num_baselines=2)
    assert second == pytest.approx(expected)


def test_copies_of_an_item_are_one_item(tmp_path: Path) -> None:
    assert announced(tmp_path, test=[*TEST, *TEST])[0] == announced(tmp_path)[0]
