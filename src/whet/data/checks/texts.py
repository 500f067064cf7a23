"""The texts of a row, each with the name of its field, and the answers that are prose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from whet.data.checks.labels import labels
from whet.types import Example, Message


def texts(example: Example) -> Iterator[tuple[str, str]]:
    """Field and text of everything that a row says: turns, rejected ones too."""
    for part, messages in (("messages", example.messages), ("rejected", example.rejected)):
        for index, message in enumerate(messages):
            yield from _of_turn(f"{part}[{index}]", message)


def descriptions(example: Example) -> Iterator[tuple[str, str]]:
    """Field and text of the tools that a row offers."""
    for index, tool in enumerate(example.tools):
        yield f"tools[{index}]", json.dumps(tool, ensure_ascii=False, default=str)


def _of_turn(field: str, message: Message) -> Iterator[tuple[str, str]]:
    """Contents, reasoning, arguments of calls."""
    yield f"{field}.content", message["content"]
    if reasoning := message.get("reasoning_content"):
        yield f"{field}.reasoning_content", reasoning
    for number, call in enumerate(message.get("tool_calls", ())):
        arguments = json.dumps(call.get("function"), ensure_ascii=False, default=str)
        yield f"{field}.tool_calls[{number}]", arguments


def said_by_assistant(example: Example) -> Iterator[tuple[str, str]]:
    """Field and text of every assistant turn with words in it: what may be trained on."""
    for index, message in enumerate(example.messages):
        if message["role"] == "assistant" and message["content"].strip():
            yield f"messages[{index}].content", message["content"]


def free_answers(examples: Sequence[Example]) -> list[Example]:
    """The rows whose answers have words, where answers are free text; none where labels."""
    if labels(examples) is not None:
        return []
    return [example for example in examples if example.answer.strip()]
