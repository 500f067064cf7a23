"""Answers in the run folder: with their items, without bloat, old ones too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import RunError
from whet.rundir import RunDir, read_jsonl, write_json, write_jsonl
from whet.stages.samples import (
    Sample,
    read_items,
    read_samples,
    sample_of,
    write_items,
    write_samples,
)
from whet.types import Example


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path, "eval")


@pytest.fixture
def items(item: Callable[..., Any]) -> list[Example]:
    first = item("gold", "q1", "t:1", criteria=["short"], references=["other"], tier="gold")
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    turns: Any = [*first.messages[:-1], {"role": "assistant", "content": "g2"}]
    return [first, Example.of(turns, "t:2", "g", {"tier": "tin"}, [tool])]


def test_what_is_written_is_read_again(run: RunDir, items: list[Example]) -> None:
    write_items(run, "test", items)
    samples = [
        sample_of(items[0], "a", seconds=0.5, passages=("p1", "p2")),
        sample_of(items[1], "b", finish_reason="stop", passages=("p2",)),
    ]
    write_samples(run, "rag", "test", samples)
    found = read_samples(run, "rag", "test")
    assert found == samples and read_items(run, "test") == items
    assert [sample.item for sample in found] == items
    assert found[0].criteria == ("short",) and found[0].references == ("gold", "other")
    assert found[0].fields["tier"] == "gold" and found[1].tools == items[1].tools
    assert found[0].example.fields["passages"] == ["p1", "p2"]


def test_items_and_passages_are_kept_once_for_all_arms(run: RunDir, items: list[Example]) -> None:
    for arm in ("rag", "tuned_rag"):
        write_items(run, "test", items)
        write_samples(run, arm, "test", [sample_of(i, "a", passages=("long",)) for i in items])
    row = read_jsonl(run.samples("rag", "test"))[0]
    assert "item" not in row and row["passages"] != ["long"]
    stored = json.loads(run.file("items/passages.json").read_text())
    assert list(stored["texts"].values()) == ["long"] and stored["format"] == 1


def test_samples_of_an_older_run_are_read_without_their_items(run: RunDir) -> None:
    row = {"id": "1", "source": "t:1", "group": None, "question": "q", "gold": "g", "answer": "a"}
    write_jsonl(run.samples("prompt", "test"), [row])
    (found,) = read_samples(run, "prompt", "test")
    assert found == Sample("1", "t:1", None, "q", "g", "a") and found.item is None
    assert found.example.answer == "g" and found.example.question == "q"
    assert found.references == ("g",) and found.criteria == () and found.fields == {}


def test_what_a_newer_whet_wrote_is_refused(run: RunDir) -> None:
    row = {"id": "1", "source": "t:1", "group": None, "question": "q", "gold": "g", "answer": "a"}
    write_jsonl(run.samples("prompt", "test"), [row | {"mood": "good"}])
    with pytest.raises(RunError, match="has mood, which this whet does not know"):
        read_samples(run, "prompt", "test")
    write_json(run.file("items/test.json"), {"format": 2, "items": []})
    with pytest.raises(RunError, match="has format 2, and this whet reads 1"):
        read_items(run, "test")


def test_two_rows_of_equal_content_keep_their_own_columns(
    run: RunDir, item: Callable[..., Any]
) -> None:
    rows = [item("g", "q", "t:1", tier="a"), item("g", "q", "t:2", tier="b")]
    assert rows[0].id == rows[1].id
    write_items(run, "test", rows)
    write_samples(run, "prompt", "test", [sample_of(row, "x") for row in rows])
    found = read_samples(run, "prompt", "test")
    assert [sample.fields["tier"] for sample in found] == ["a", "b"]
