"""When two texts, two inputs or two rows count as the same.

Text is compared after Unicode NFC, case folding, and with every run of white space as one
space: what a person would call a copy. Split, duplicates and leaks all use these keys, so they
can never disagree.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence

from whet.types import Example, Message


def normal(text: str) -> str:
    """The form in which texts are compared; it is never trained on."""
    folded = text if text.isascii() else unicodedata.normalize("NFC", text)
    folded = folded.casefold()
    return " ".join((folded if folded.isascii() else unicodedata.normalize("NFC", folded)).split())


def _digest(parts: Sequence[str]) -> str:
    data = "\x1e".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()


def _said(messages: Sequence[Message]) -> list[str]:
    return [
        part
        for message in messages
        for part in (message["role"], normal(message["content"]), *_calls(message))
    ]


def _tools(example: Example) -> list[str]:
    return [f"tool {json.dumps(tool, sort_keys=True)}" for tool in example.tools]


def _calls(message: Message) -> list[str]:
    return [normal(str(call.get("function"))) for call in message.get("tool_calls", [])]


def input_key(example: Example) -> str:
    """Equal for rows that ask the same: system message, tools and every turn before the answer."""
    return _digest(_tools(example) + _said(example.prompt))


def turns_key(example: Example) -> str:
    """As `input_key`, without the system message and the tools."""
    return _digest(_said([m for m in example.prompt if m["role"] != "system"]))


def answer_key(example: Example) -> str:
    """Equal for rows that answer the same."""
    return _digest(_said(example.messages[-1:]))


def row_key(example: Example) -> str:
    """Equal for exact duplicates: the same input and the same answer."""
    return _digest(_tools(example) + _said(example.messages))


def place(example: Example) -> tuple[str, int]:
    """File and line of an example, from its source."""
    file, _, line = example.source.rpartition(":")
    return (file, int(line)) if file and line.isdecimal() else (example.source, 0)
