"""Whether a text holds a message as the row has it: white space at its ends aside, word for word.

Templates may trim white space around a content; the server then does the same, so that is no
fault. They may write thinking in a place of its own, or drop it from history, as Qwen3 does. They
may not lose, cut, double or change anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whet.types import Message

_THINK = re.compile(r"</?think>")


def answer_pieces(message: Message) -> list[tuple[str, str]]:
    """Texts that must stand in what is learnt for an assistant turn, each with what it is."""
    pieces = [("thinking", message.get("reasoning_content") or "")]
    pieces += [("answer", piece) for piece in _THINK.split(message.get("content") or "")]
    pieces += [("tool call", piece) for piece in _call_pieces(message)]
    return [(name, piece.strip()) for name, piece in pieces if piece.strip()]


def context_pieces(message: Message) -> list[str]:
    """Texts that must stand in a prompt for an earlier message: for an answer, less its thinking.

    White space between words is part of a piece; white space at its ends is not.
    """
    content = message.get("content") or ""
    if message["role"] == "assistant":
        content = content.rpartition("</think>")[2]
    pieces = [content, *_call_pieces(message)]
    return [piece.strip() for piece in pieces if piece.strip()]


def tool_names(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of offered tools."""
    named = (tool.get("function", tool) for tool in tools)
    return [str(tool["name"]) for tool in named if isinstance(tool, Mapping) and tool.get("name")]


def holds(text: str, piece: str) -> bool:
    """Whether the piece stands in the text, as it is or with JSON's escapes."""
    if piece in text:
        return True
    escaped = (json.dumps(piece, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
    return any(spelt in text for spelt in escaped if spelt != piece)


def _call_pieces(message: Message) -> Iterator[str]:
    for call in message.get("tool_calls", ()):
        function = call.get("function") or {}
        yield str(function.get("name") or "")
        yield from _leaves(_as_object(function.get("arguments")))


def _as_object(arguments: Any) -> Any:
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments


def _leaves(value: Any) -> Iterator[str]:
    """Names and texts in a call's arguments; true, false and null have several spellings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield json.dumps(value)
