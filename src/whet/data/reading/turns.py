"""A list of turns, in any of the forms that people have, to canonical messages.

Understood: OpenAI's `role` and `content` with `tool_calls`, ShareGPT's `from` and `value`,
Anthropic's blocks, pairs of `human` and `assistant`, and transcripts in one text. Where a turn
was found is kept with it, for messages about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whet.data.places import printable
from whet.data.reading.blocks import from_blocks
from whet.data.reading.calls import add_calls, bare_calls
from whet.data.reading.roles import ANSWERING_KEYS, ASKING_KEYS, ROLES, role_of
from whet.data.reading.rows import type_name
from whet.data.reading.transcripts import is_transcript, transcript_parts
from whet.data.reading.turn_fault import MEND, TurnFault, parsed
from whet.findings import Kind
from whet.types import Message

_WEIGHT_KEYS = ("weight", "loss_weight", "train", "loss")
_THINKING_KEYS = ("reasoning_content", "thinking", "reasoning")
_KNOWN_KEYS = {
    "role", "from", "content", "value", "tool_calls", "function_call", "tool_call_id", "name",
    *_THINKING_KEYS, *_WEIGHT_KEYS,
}  # fmt: skip


@dataclass(slots=True)
class Turn:
    """A canonical message, the row's field it came from, and that field's text part."""

    message: Message
    field: str
    content_field: str
    is_bare_call: bool = False
    from_transcript: bool = False


def text_turn(role: str, text: str, field: str) -> Turn:
    """A turn whose text is a whole field."""
    assert role in ROLES
    return Turn({"role": role, "content": text}, field, field)


def read_turns(value: Any, field: str, roles: Mapping[str, str], unused: set[str]) -> list[Turn]:
    """The turns of a list, of a JSON list in text (as CSV files hold it), or of a transcript.

    Names of keys that went nowhere are added to `unused`.

    Raises:
        TurnFault: for the first turn that cannot be understood.
    """
    if isinstance(value, str) and is_transcript(value):
        return transcript_turns(value, field)
    if isinstance(value, str):
        value = parsed(value, field)
    if not isinstance(value, list):
        seen = type_name(value)
        raise TurnFault(Kind.CONTENT, field, f"is {seen}; expected a list of turns.", MEND)
    turns: list[Turn] = []
    for index, item in enumerate(value):
        for turn in _turns(item, f"{field}[{index}]", roles, unused):
            _append(turns, turn)
    return turns


def transcript_turns(text: str, field: str) -> list[Turn]:
    """The turns of a transcript; a turn's field is numbered from 0."""
    return [
        Turn({"role": role, "content": said}, f"{field}[{i}]", f"{field}[{i}]", False, True)
        for i, (role, said) in enumerate(transcript_parts(text, field))
    ]


def _append(turns: list[Turn], turn: Turn) -> None:
    """Adds a turn; tool calls written as turns of their own join the assistant turn before."""
    before = turns[-1].message if turns else None
    if turn.is_bare_call and before is not None and before["role"] == "assistant":
        if before.get("weight", 1) != turn.message.get("weight", 1):
            said = "a tool call and the answer it belongs to have different weights."
            raise TurnFault(Kind.WEIGHT, turn.field, said, "Give both the same.")
        calls = turn.message["tool_calls"]
        before["tool_calls"] = [*before.get("tool_calls", []), *calls]
    else:
        turns.append(turn)


def _turns(item: Any, field: str, roles: Mapping[str, str], unused: set[str]) -> list[Turn]:
    if not isinstance(item, dict):
        message = f"is {type_name(item)}; expected an object with role and content."
        raise TurnFault(Kind.CONTENT, field, message, MEND)
    if "role" not in item and "from" not in item and (pair := _pair_keys(item)):
        return _pair_turns(item, field, pair, unused)
    # Columnar files give every turn all keys of any turn, null where it had none.
    unused |= {key for key in item if key not in _KNOWN_KEYS and item[key] is not None}
    role_key = "from" if "from" in item and item.get("role") is None else "role"
    text_key = "value" if "value" in item and item.get("content") is None else "content"
    role, is_call = role_of(item, field, role_key, roles)
    content_field = f"{field}.{text_key}"
    if is_call:
        calls = bare_calls(item.get(text_key), content_field)
        bare: Message = {"role": role, "content": "", "tool_calls": calls}
        _add_weight(bare, item, field)
        return [Turn(bare, field, content_field, True)]
    if isinstance(item.get(text_key), list):
        made = from_blocks(item[text_key], role, content_field, unused)
    else:
        made = [_content(item.get(text_key), role, item, content_field)]
    add_calls(made[-1], item, field)
    _add_rest(made[-1], item, field)
    for part in made:
        if part["role"] == role:
            _add_weight(part, item, field)
    return [Turn(message, field, content_field) for message in made]


def _pair_keys(item: dict[str, Any]) -> tuple[str, str] | None:
    """The keys of an object that holds a question and its answer."""
    asking = [key for key in ASKING_KEYS if key in item]
    answering = [key for key in ANSWERING_KEYS if key in item]
    return (asking[0], answering[0]) if len(asking) == len(answering) == 1 else None


def _pair_turns(
    item: dict[str, Any], field: str, keys: tuple[str, str], unused: set[str]
) -> list[Turn]:
    """A question and its answer as two turns, after a system message where the object has one."""
    sides = [(keys[0], "user"), (keys[1], "assistant")]
    if item.get("system"):
        sides.insert(0, ("system", "system"))
    unused |= {key for key in set(item) - {"system", *keys} if item[key] is not None}
    return [
        Turn(_content(item[key], role, item, f"{field}.{key}"), field, f"{field}.{key}")
        for key, role in sides
    ]


def _content(value: Any, role: str, item: dict[str, Any], field: str) -> Message:
    if isinstance(value, str):
        return {"role": role, "content": value}
    calls = item.get("tool_calls") or item.get("function_call")
    if value is None and role == "assistant" and calls:
        return {"role": role, "content": ""}
    is_there = field.rpartition(".")[2] in item
    seen = type_name(value) if value is not None else "null" if is_there else "missing"
    raise TurnFault(Kind.CONTENT, field, f"is {seen}; expected text.", MEND)


def _add_rest(message: Message, item: dict[str, Any], field: str) -> None:
    for key in ("tool_call_id", "name", *_THINKING_KEYS):
        value = item.get(key)
        if value is None:
            continue
        if not isinstance(value, str):
            said = f"is {type_name(value)}; expected text."
            raise TurnFault(Kind.CONTENT, f"{field}.{key}", said, MEND)
        target = "reasoning_content" if key in _THINKING_KEYS else key
        if message.get(target, value) != value:
            said = "the turn's thinking stands in two places."
            raise TurnFault(Kind.CONTENT, f"{field}.{key}", said, "Keep one of them.")
        message[target] = value  # type: ignore[literal-required]


def _add_weight(message: Message, item: dict[str, Any], field: str) -> None:
    """Keeps the weight 0 of an answer that is only context; every other turn has its usual one."""
    given = {key: item[key] for key in _WEIGHT_KEYS if item.get(key) is not None}
    answers = message["role"] == "assistant"
    for key, value in given.items():
        if isinstance(value, (bool, int, float)) and value in ((0, 1) if answers else (0,)):
            continue
        said = f"{printable(repr(value), 40)} for {message['role']}; "
        said += "it is 0 or 1." if answers else "only answers are learnt."
        remedy = "Write 1 to learn the answer, 0 to have it read only." if answers else "Remove it."
        raise TurnFault(Kind.WEIGHT, f"{field}.{key}", said, remedy)
    if len(set(given.values())) > 1:
        said = f"{', '.join(given)} say different things about one turn."
        raise TurnFault(Kind.WEIGHT, field, said, "Keep one of them.")
    if answers and 0 in given.values():
        message["weight"] = 0.0
