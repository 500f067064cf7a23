"""Real tokenizers and real chat templates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from whet.types import Example, Message


@pytest.fixture(scope="session")
def loaded_once(test_data: Path) -> Callable[[str], Any]:
    """A tokenizer by name; each is read once, since the large ones take seconds."""
    from whet.models.load import load_tokenizer

    return functools.cache(lambda name: load_tokenizer(test_data / "tokenizers" / name))


@pytest.fixture
def tokenizer(test_data: Path, loaded_once: Callable[[str], Any]) -> Iterator[Callable[..., Any]]:
    """A tokenizer by name, with a template by name in place of its own."""
    originals: dict[str, Any] = {}

    def load(name: str, template: str | None = None) -> Any:
        found = loaded_once(name)
        originals.setdefault(name, found.chat_template)
        if template is not None:
            file = test_data / "templates" / f"{template}.jinja"
            found.chat_template = file.read_text(encoding="utf-8")
        return found

    yield load
    for name, original in originals.items():
        loaded_once(name).chat_template = original


@pytest.fixture
def conversation() -> Callable[..., Example]:
    """An example from texts that alternate between user and assistant, after a system message."""

    def make(*turns: str, system: str | None = None) -> Example:
        messages: list[Message] = []
        if system is not None:
            messages.append({"role": "system", "content": system})
        for index, turn in enumerate(turns):
            messages.append({"role": ("user", "assistant")[index % 2], "content": turn})
        return Example.of(messages, "data.jsonl:1")

    return make
