"""Rows for the tests of checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from whet.types import Example, Message

MakeRow = Callable[..., Example]
MakeAnswers = Callable[..., list[Example]]


def make_row(
    question: str,
    answer: str,
    line: int = 1,
    system: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Example:
    head: list[Message] = [{"role": "system", "content": system}] if system else []
    turns: list[Message] = [
        *head,
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return Example.of(turns, f"t.jsonl:{line}", fields=fields)


@pytest.fixture
def row() -> MakeRow:
    """A function that makes a row of one question and one answer."""
    return make_row


@pytest.fixture
def answers() -> MakeAnswers:
    """A function that makes a row of each answer, in lines from 1."""

    def make(*texts: str) -> list[Example]:
        return [make_row(f"Question {n}?", text, n) for n, text in enumerate(texts, 1)]

    return make
