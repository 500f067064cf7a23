"""Tool calls and tool definitions, of any vendor, in the form that chat templates expect.

    {"type": "function", "id"?: ..., "function": {"name": ..., "arguments": {...}}}

Arguments become objects; OpenAI writes them as a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.data.reading.rows import type_name
from whet.data.reading.turn_fault import MEND, TurnFault, parsed
from whet.findings import Kind
from whet.types import Message


def bare_calls(value: Any, field: str) -> list[dict[str, Any]]:
    """Tool calls written as the content of a turn: one call or a list of them, often in text."""
    given = parsed(value, field) if isinstance(value, str) else value
    calls = given if isinstance(given, list) else [given]
    return [call_of(call, field) for call in calls]


def add_calls(message: Message, item: dict[str, Any], field: str) -> None:
    """Adds the calls that a turn holds beside its content."""
    given = item.get("tool_calls")
    if given is None and item.get("function_call") is not None:
        given = [item["function_call"]]
    if not given:
        return
    place = f"{field}.tool_calls"
    if not isinstance(given, list):
        raise TurnFault(Kind.TOOL_CALL, place, f"is {type_name(given)}; expected a list.", MEND)
    if message["role"] != "assistant":
        said = f"a {message['role']} turn cannot call tools."
        raise TurnFault(Kind.TOOL_CALL, place, said, MEND)
    calls = [call_of(call, f"{place}[{index}]") for index, call in enumerate(given)]
    message["tool_calls"] = [*message.get("tool_calls", []), *calls]


def call_of(value: Any, field: str) -> dict[str, Any]:
    """One call in canonical form.

    Raises:
        TurnFault: it has no name, or arguments that are no object.
    """
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        said = "is not a tool call; expected an object with name and arguments."
        raise TurnFault(Kind.TOOL_CALL, field, said, MEND)
    names = ("arguments", "parameters", "input")
    arguments: Any = next((inner[name] for name in names if inner.get(name) is not None), {})
    if isinstance(arguments, str):
        arguments = parsed(arguments or "{}", f"{field}.arguments")
    if not isinstance(arguments, dict):
        said = f"is {type_name(arguments)}; expected an object."
        raise TurnFault(Kind.TOOL_CALL, f"{field}.arguments", said, MEND)
    call: dict[str, Any] = {"type": "function"}
    if isinstance(value.get("id"), str):
        call["id"] = value["id"]
    call["function"] = {"name": inner["name"], "arguments": arguments}
    return call


def tool_of(value: Any, field: str) -> Mapping[str, Any]:
    """One tool definition in OpenAI form; Anthropic's `input_schema` becomes `parameters`.

    Raises:
        TurnFault: it has no name.
    """
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        said = "is not a tool definition; expected an object with a name."
        raise TurnFault(Kind.TOOL_CALL, field, said, MEND)
    if "function" in value:
        return dict(value)
    renamed = {"parameters" if key == "input_schema" else key: inner[key] for key in inner}
    return {"type": "function", "function": renamed}
