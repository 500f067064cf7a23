"""A list of turns, in any of the forms that people have, to canonical messages.

Understood: OpenAI's `role` and `content` with `tool_calls`, ShareGPT's `from` and `value`, text
given as blocks. Arguments of tool calls become objects, as chat templates expect them; OpenAI
writes them as a string. Where a turn was found is kept with it, for messages about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whet.data.places import printable
from whet.data.reading.rows import type_name
from whet.data.reading.strict_json import InvalidJSON, parse
from whet.findings import Kind
from whet.types import Message

ROLES = ("system", "user", "assistant", "tool")

_SHAREGPT_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
_CALL_ROLES = ("function_call", "tool_call")
_WEIGHT_KEYS = ("weight", "loss_weight", "train", "loss")
_KNOWN_KEYS = {
    "role", "from", "content", "value", "tool_calls", "function_call", "tool_call_id", "name",
    "reasoning_content", *_WEIGHT_KEYS,
}  # fmt: skip


class TurnFault(ValueError):
    """One thing wrong with a row: its kind, the field, what was seen, what to do."""

    def __init__(self, kind: Kind, field: str, message: str, fix: str = "") -> None:
        super().__init__(f"{field}: {message}")
        self.kind, self.field, self.message, self.fix = kind, field, message, fix


@dataclass(slots=True)
class Turn:
    """A canonical message, the row's field it came from, and that field's text part."""

    message: Message
    field: str
    content_field: str
    is_bare_call: bool = False


def read_turns(value: Any, field: str, roles: Mapping[str, str]) -> list[Turn]:
    """The turns of a list (or of a JSON list in text, as CSV files hold it).

    Raises:
        TurnFault: for the first turn that cannot be understood.
    """
    if isinstance(value, str):
        value = parsed(value, field)
    if not isinstance(value, list):
        seen = type_name(value)
        raise TurnFault(Kind.CONTENT, field, f"is {seen}; expected a list of turns.", _MEND)
    turns: list[Turn] = []
    for index, item in enumerate(value):
        _append(turns, _turn(item, f"{field}[{index}]", roles))
    return turns


_MEND = "Mend or remove the row."


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


def _turn(item: Any, field: str, roles: Mapping[str, str]) -> Turn:
    if not isinstance(item, dict):
        message = f"is {type_name(item)}; expected an object with role and content."
        raise TurnFault(Kind.CONTENT, field, message, _MEND)
    role_key = "from" if "from" in item and "role" not in item else "role"
    text_key = "value" if "value" in item and "content" not in item else "content"
    role, is_call = _role(item, field, role_key, roles)
    content_field = f"{field}.{text_key}"
    if is_call:
        calls = _bare_calls(item.get(text_key), content_field)
        bare: Message = {"role": role, "content": "", "tool_calls": calls}
        _add_weight(bare, item, field)
        return Turn(bare, field, content_field, True)
    made = _content(item.get(text_key), role, item, content_field)
    _add_calls(made, item, field)
    _add_rest(made, item, field)
    _add_weight(made, item, field)
    return Turn(made, field, content_field)


def _role(item: dict[str, Any], field: str, key: str, roles: Mapping[str, str]) -> tuple[str, bool]:
    """The canonical role, and whether the turn is a bare tool call."""
    given = item.get(key)
    if given is None:
        message = f"missing; the turn has {', '.join(map(repr, item)) or 'nothing'}."
        raise TurnFault(Kind.ROLE, f"{field}.{key}", message, f"Name its role: {', '.join(ROLES)}.")
    known = dict(zip(ROLES, ROLES, strict=True))
    known |= _SHAREGPT_ROLES if key == "from" else {}
    known |= roles
    if isinstance(given, str) and given in known:
        return known[given], False
    if key == "from" and given in _CALL_ROLES:
        return "assistant", True
    message = f"role {printable(repr(given), 40)} is not one of {', '.join(ROLES)}."
    raise TurnFault(Kind.ROLE, f"{field}.{key}", message, "Map it with data.roles.")


def _content(value: Any, role: str, item: dict[str, Any], field: str) -> Message:
    if isinstance(value, str):
        return {"role": role, "content": value}
    if isinstance(value, list):
        return _from_blocks(value, role, field)
    calls = item.get("tool_calls") or item.get("function_call")
    if value is None and role == "assistant" and calls:
        return {"role": role, "content": ""}
    seen = type_name(value) if value is not None else "null" if _has_text(item) else "missing"
    raise TurnFault(Kind.CONTENT, field, f"is {seen}; expected text.", _MEND)


def _has_text(item: dict[str, Any]) -> bool:
    return "content" in item or "value" in item


def _from_blocks(blocks: list[Any], role: str, field: str) -> Message:
    """Blocks of text joined as they are; reasoning and tool calls go to their own keys."""
    texts: list[str] = []
    message: Message = {"role": role, "content": ""}
    for index, block in enumerate(blocks):
        place = f"{field}[{index}]"
        kind = block.get("type") if isinstance(block, dict) else None
        text = next((block[k] for k in ("text", "value", "thinking") if k in block), None) \
            if isinstance(block, dict) else None  # fmt: skip
        if kind == "text" and isinstance(text, str):
            texts.append(text)
        elif kind in ("reasoning", "thinking") and isinstance(text, str):
            message["reasoning_content"] = message.get("reasoning_content", "") + text
        elif kind in ("tool_call", "tool_calls", "function_call"):
            calls = message.get("tool_calls", [])
            message["tool_calls"] = [*calls, *_bare_calls(text, place)]
        else:
            seen = f"a block of type {kind!r}" if kind else type_name(block)
            remedy = "Only text can be trained on. Remove the block or the row."
            raise TurnFault(Kind.CONTENT, place, f"is {seen}.", remedy)
    message["content"] = "".join(texts)
    return message


def _bare_calls(value: Any, field: str) -> list[dict[str, Any]]:
    """Tool calls written as the content of a turn: one call or a list of them, often in text."""
    given = parsed(value, field) if isinstance(value, str) else value
    calls = given if isinstance(given, list) else [given]
    return [_call(call, field) for call in calls]


def _add_calls(message: Message, item: dict[str, Any], field: str) -> None:
    given = item.get("tool_calls")
    if given is None and item.get("function_call") is not None:
        given = [item["function_call"]]
    if not given:
        return
    place = f"{field}.tool_calls"
    if not isinstance(given, list):
        raise TurnFault(Kind.TOOL_CALL, place, f"is {type_name(given)}; expected a list.", _MEND)
    if message["role"] != "assistant":
        said = f"a {message['role']} turn cannot call tools."
        raise TurnFault(Kind.TOOL_CALL, place, said, _MEND)
    calls = [_call(call, f"{place}[{index}]") for index, call in enumerate(given)]
    message["tool_calls"] = [*message.get("tool_calls", []), *calls]


def _call(value: Any, field: str) -> dict[str, Any]:
    """One call as {"type": "function", "id"?, "function": {"name", "arguments": object}}."""
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        said = "is not a tool call; expected an object with name and arguments."
        raise TurnFault(Kind.TOOL_CALL, field, said, _MEND)
    arguments = inner.get("arguments", inner.get("parameters"))
    if isinstance(arguments, str):
        arguments = parsed(arguments or "{}", f"{field}.arguments")
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        said = f"is {type_name(arguments)}; expected an object."
        raise TurnFault(Kind.TOOL_CALL, f"{field}.arguments", said, _MEND)
    call: dict[str, Any] = {"type": "function"}
    if isinstance(value.get("id"), str):
        call["id"] = value["id"]
    call["function"] = {"name": inner["name"], "arguments": arguments}
    return call


def _add_rest(message: Message, item: dict[str, Any], field: str) -> None:
    for key in ("tool_call_id", "name", "reasoning_content"):
        value = item.get(key)
        if value is None:
            continue
        if not isinstance(value, str):
            said = f"is {type_name(value)}; expected text."
            raise TurnFault(Kind.CONTENT, f"{field}.{key}", said, _MEND)
        message[key] = value


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


def unknown_keys(value: Any) -> set[str]:
    """Keys of turns that are not used, so that they can be named once."""
    items = value if isinstance(value, list) else []
    keys = {key for item in items if isinstance(item, dict) for key in item}
    return keys - _KNOWN_KEYS


def parsed(text: str, field: str) -> Any:
    """The value of JSON that a row holds as text.

    Raises:
        TurnFault: it is not JSON.
    """
    try:
        return parse(text)
    except InvalidJSON as error:
        said = f"is not JSON at column {error.position + 1}: {error}"
        raise TurnFault(Kind.SYNTAX, field, said, _MEND) from None
