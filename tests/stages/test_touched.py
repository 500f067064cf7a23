from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from whet.findings import Kind, Severity
from whet.stages.job import Options
from whet.stages.touched import touched_items
from whet.types import Example


def row(text: str, source: str) -> Example:
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}]
    return Example.of(turns, source)  # type: ignore[arg-type]


class ByFirstLetter:
    """Texts that begin alike mean the same."""

    identity = "by first letter"

    def embed(self, texts: Sequence[str]) -> Any:
        return np.stack([np.eye(26, dtype=np.float32)[ord(text[0]) - ord("a")] for text in texts])


def job(judged: str = "test", embedder: object = None, known: Sequence[str] = ()) -> Any:
    dataset = SimpleNamespace(
        train=[row("alpha", "train:1"), row("beta", "train:2")],
        test=[row("an answer", "test:1"), row("charlie", "test:2"), row("delta", "test:3")],
        touched_items=frozenset(known),
    )
    return SimpleNamespace(dataset=dataset, options=Options(judged=judged), embedder=embedder)


def test_paraphrases_of_test_items_are_touched_and_told() -> None:
    touched, findings = touched_items(job(embedder=ByFirstLetter(), known=["test:3", "bench:1"]))
    assert touched == ["test:1", "test:3"]
    (found,) = findings
    assert (found.kind, found.severity, found.file) == (
        Kind.LEAK_PARAPHRASE, Severity.WARNING, "test",
    )  # fmt: skip


def test_without_an_embedder_it_is_said_that_none_were_looked_for() -> None:
    touched, (note,) = touched_items(job(known=["test:2"]))
    assert touched == ["test:2"]
    assert (note.kind, note.severity) == (Kind.NOT_COMPARED, Severity.NOTE)


def test_where_validation_is_judged_nothing_is_embedded() -> None:
    assert touched_items(job("validation", embedder=ByFirstLetter())) == ([], [])
