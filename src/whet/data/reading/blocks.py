"""Content given as blocks: OpenAI's text parts, Anthropic's thinking, tool_use and tool_result.

One turn of blocks may be several messages: results of tools stand in a user turn there, and
become messages of the role tool here, in the order in which they stand.
"""

from __future__ import annotations

from typing import Any

from whet.data.reading.calls import bare_calls, call_of
from whet.data.reading.rows import type_name
from whet.data.reading.turn_fault import MEND, TurnFault
from whet.findings import Kind
from whet.types import Message

_KNOWN_KEYS = {
    "text": {"text", "value"},
    "reasoning": {"text", "value", "thinking"},
    "thinking": {"text", "value", "thinking"},
    "tool_call": {"text", "value"},
    "tool_calls": {"text", "value"},
    "function_call": {"text", "value"},
    "tool_use": {"id", "name", "input"},
    "tool_result": {"tool_use_id", "content"},
}
_TEXT_ONLY = "Only text can be trained on. Remove the block or the row."


def from_blocks(blocks: list[Any], role: str, field: str, unused: set[str]) -> list[Message]:
    """The messages of one turn: text joined as it is, reasoning and calls under their own keys.

    Raises:
        TurnFault: for the first block that is no text, reasoning or tool.
    """
    message: Message = {"role": role, "content": ""}
    messages: list[Message] = []
    for index, block in enumerate(blocks):
        place = f"{field}[{index}]"
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str) or kind not in _KNOWN_KEYS:
            seen = f"a block of type {kind!r}" if kind else type_name(block)
            raise TurnFault(Kind.CONTENT, place, f"is {seen}.", _TEXT_ONLY)
        others = set(block) - _KNOWN_KEYS[kind] - {"type"}
        unused |= {f"content[].{key}" for key in others if block[key] is not None}
        if kind == "tool_result":
            if len(message) > 2 or message["content"]:
                messages.append(message)
                message = {"role": role, "content": ""}
            messages.append(_result(block, role, place))
        else:
            _add_block(message, block, kind, place)
    if len(message) > 2 or message["content"] or not messages:
        messages.append(message)
    return messages


def _add_block(message: Message, block: dict[str, Any], kind: str, place: str) -> None:
    if kind == "tool_use":
        _require_assistant(message["role"], place)
        calls = [call_of(block, place)]
        message["tool_calls"] = [*message.get("tool_calls", []), *calls]
        return
    text = next((block[key] for key in ("text", "value", "thinking") if key in block), None)
    if kind in ("tool_call", "tool_calls", "function_call"):
        _require_assistant(message["role"], place)
        message["tool_calls"] = [*message.get("tool_calls", []), *bare_calls(text, place)]
    elif not isinstance(text, str):
        raise TurnFault(Kind.CONTENT, place, f"is a block of type {kind!r}.", _TEXT_ONLY)
    elif kind == "text":
        message["content"] += text
    else:
        message["reasoning_content"] = message.get("reasoning_content", "") + text


def _require_assistant(role: str, place: str) -> None:
    if role != "assistant":
        raise TurnFault(Kind.TOOL_CALL, place, f"a {role} turn cannot call tools.", MEND)


def _result(block: dict[str, Any], role: str, place: str) -> Message:
    if role not in ("user", "tool"):
        raise TurnFault(Kind.TOOL_CALL, place, f"a {role} turn cannot hold a tool's result.", MEND)
    content = block.get("content")
    if content is None:
        content = ""
    elif isinstance(content, list):
        content = text_of(content, f"{place}.content")
    if not isinstance(content, str):
        said = f"is {type_name(content)}; expected text."
        raise TurnFault(Kind.CONTENT, f"{place}.content", said, MEND)
    message: Message = {"role": "tool", "content": content}
    if isinstance(block.get("tool_use_id"), str):
        message["tool_call_id"] = block["tool_use_id"]
    return message


def text_of(blocks: list[Any], field: str) -> str:
    """The text of blocks that are all text.

    Raises:
        TurnFault: for the first that is not.
    """
    texts = []
    for index, block in enumerate(blocks):
        text = block.get("text") if isinstance(block, dict) else None
        if not isinstance(text, str) or block.get("type") != "text":
            kind = block.get("type") if isinstance(block, dict) else None
            seen = f"a block of type {kind!r}" if kind else type_name(block)
            raise TurnFault(Kind.CONTENT, f"{field}[{index}]", f"is {seen}.", _TEXT_ONLY)
        texts.append(text)
    return "".join(texts)
