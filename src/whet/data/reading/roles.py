"""The names that data sets give the sides of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.data.places import printable
from whet.data.reading.turn_fault import TurnFault
from whet.findings import Kind

ROLES = ("system", "user", "assistant", "tool")

_ROLE_WORDS = {  # under `role`
    **dict(zip(ROLES, ROLES, strict=True)),
    "developer": "system",
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "function": "tool",
}
_FROM_WORDS = {  # under `from`, as in ShareGPT
    **_ROLE_WORDS,
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
_CALL_WORDS = ("function_call", "tool_call")
ASKING_KEYS = ("human", "user", "input")
ANSWERING_KEYS = ("assistant", "gpt", "bot", "output")


def role_of(
    item: dict[str, Any], field: str, key: str, roles: Mapping[str, str]
) -> tuple[str, bool]:
    """The canonical role, and whether the turn is a bare tool call.

    Raises:
        TurnFault: the turn names no role, or one that is not known.
    """
    given = item.get(key)
    if given is None:
        message = f"missing; the turn has {', '.join(map(repr, item)) or 'nothing'}."
        raise TurnFault(Kind.ROLE, f"{field}.{key}", message, f"Name its role: {', '.join(ROLES)}.")
    known = {**(_FROM_WORDS if key == "from" else _ROLE_WORDS), **roles}
    if isinstance(given, str) and given in known:
        return known[given], False
    if given in _CALL_WORDS:
        return "assistant", True
    message = f"role {printable(repr(given), 40)} is not one of {', '.join(ROLES)}."
    raise TurnFault(Kind.ROLE, f"{field}.{key}", message, "Map it with data.roles.")
