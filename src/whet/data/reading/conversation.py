"""What a conversation has to be before a model may learn it.

    [system] (user (assistant [tool+ assistant]*))+      ending with the answer to learn

A greeting by the assistant before the first user turn is let through; every other departure is
a fault of its row, because some chat template would raise on it or silently reorder it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from whet.data.reading.transcripts import MARKERS
from whet.data.reading.turn_fault import TurnFault
from whet.data.reading.turns import Turn
from whet.findings import Kind

_REMOVE = "Mend or remove the row."


def conversation_faults(turns: Sequence[Turn], field: str) -> Iterator[TurnFault]:
    """Everything wrong with the order and the emptiness of the turns."""
    if not turns:
        yield TurnFault(Kind.TURN_ORDER, field, "is an empty list.", _REMOVE)
        return
    roles = [turn.message["role"] for turn in turns]
    if "user" not in roles:
        only = "only a system message" if set(roles) == {"system"} else "no user turn"
        yield TurnFault(
            Kind.TURN_ORDER, field, f"holds {only}; there is nothing to answer.", _REMOVE
        )
    for index, turn in enumerate(turns):
        yield from _order_faults(turns, index)
        yield from _empty_faults(turn)
        yield from _marker_faults(turn)
    if roles[-1] != "assistant" and "user" in roles:
        said = f"the last message is from {roles[-1]}; expected the assistant's answer."
        yield TurnFault(Kind.TURN_ORDER, turns[-1].field, said, "Add the answer or remove the row.")


def _order_faults(turns: Sequence[Turn], index: int) -> Iterator[TurnFault]:
    turn, role = turns[index], turns[index].message["role"]
    before = turns[index - 1].message if index else None
    called = before is not None and bool(before.get("tool_calls"))
    if role == "system" and index:
        said = "a system message after the first message."
        yield TurnFault(
            Kind.TURN_ORDER, turn.field, said, "Join it to the first, or remove the row."
        )
    elif role == "tool" and not (called or (before is not None and before["role"] == "tool")):
        said = "a tool message without a tool call before it."
        yield TurnFault(Kind.TOOL_CALL, turn.field, said, _REMOVE)
    elif role != "tool" and called:
        said = f"a {role} message where the result of the tool call should stand."
        yield TurnFault(
            Kind.TOOL_CALL, turn.field, said, "Add the tool's result, or remove the row."
        )
    elif before is not None and role == before["role"] and role in ("user", "assistant"):
        said = f"two {role} messages in a row."
        yield TurnFault(Kind.TURN_ORDER, turn.field, said, "Join them or remove the row.")


def _empty_faults(turn: Turn) -> Iterator[TurnFault]:
    role = turn.message["role"]
    if turn.message["content"].strip() or turn.message.get("tool_calls"):
        return
    if role == "assistant":
        said = "the assistant's reply is empty."
        yield TurnFault(Kind.EMPTY_TURN, turn.content_field, said, "Write it or remove the row.")
    elif role == "user":
        said = "the user's message is empty."
        yield TurnFault(Kind.EMPTY_TURN, turn.content_field, said, "Write it or remove the row.")


def _marker_faults(turn: Turn) -> Iterator[TurnFault]:
    """A transcript's turn that begins with another turn's marker holds someone else's words."""
    said, role = turn.message["content"], turn.message["role"]
    if turn.from_transcript and said.startswith(MARKERS):
        message = f"the {role}'s turn begins with '{said.partition(':')[0]}:', another marker."
        yield TurnFault(Kind.TURN_ORDER, turn.content_field, message, _REMOVE)
