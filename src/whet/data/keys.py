"""When two texts, two inputs or two rows count as the same.

Text is compared without case, white space and the punctuation of prose: what a person would call
a copy. Signs that mean something stay: 3+4 is not 3*4, -5 not 5, C++ not C#, and a thumb up not a
thumb down. Split, duplicates and leaks all use these keys, so they can never disagree.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence

from whet.types import Example, Message


def normal(text: str) -> str:
    """The form in which texts are compared; it is never trained on."""
    text = _MINUS.sub("\u2212", text) if "-" in text else text
    if text.isascii():
        folded = text.casefold().translate(_ASCII_PUNCTUATION)
    else:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
        folded = "".join(" " if _is_punctuation(char) else char for char in folded)
    return " ".join(folded.split()) or text.strip()


_MINUS = re.compile(r"(?<!\w)-(?=\d)")
_MEANINGFUL = frozenset("%#&@*/\\")


@functools.cache
def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P" and char != "_" and char not in _MEANINGFUL


_ASCII_PUNCTUATION = {i: " " for i in range(128) if _is_punctuation(chr(i))}


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
    """Equal for rows that ask the same: system message, tools and every turn before the answer.

    A bare text asks nothing; it is its own input.
    """
    return _digest(_tools(example) + _said(example.prompt or example.messages))


def turns_key(example: Example) -> str:
    """As `input_key`, without the system message and the tools."""
    return _digest(_said([m for m in example.prompt if m["role"] != "system"]))


def answer_key(example: Example) -> str:
    """Equal for rows that answer the same."""
    return _digest(_said(example.messages[-1:]))


def row_key(example: Example) -> str:
    """Equal for exact duplicates: the same input, the same answer and the same judgement."""
    judged = [] if example.desirable is None else [f"desirable {example.desirable}"]
    rejected = ["rejected", *_said(example.rejected)] if example.rejected else []
    return _digest([*_tools(example), *_said(example.messages), *rejected, *judged])
