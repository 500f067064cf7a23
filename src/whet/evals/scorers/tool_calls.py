"""Tool calls against the gold ones: names and arguments, in any order.

    <tool_call>{"name": "f", "arguments": {...}}</tool_call>     Qwen, Hermes; one block a call
    {"name": "f", "arguments": {...}}                            JSON, alone, in a list or in prose
    {"tool_calls": [{"function": {...}}]}                        OpenAI's message as text
    [TOOL_CALLS] [{"name": "f", "arguments": {...}}]             Mistral

`parameters` and `input` are read as `arguments` (Llama 3, Anthropic); arguments may be an object
or JSON in a string. Order counts nowhere: not among calls, not among arguments.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from whet.data.reading.calls import call_of
from whet.data.reading.strict_json import InvalidJSON, parse_at
from whet.data.reading.turn_fault import TurnFault
from whet.types import Example

_BLOCK = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_ARGUMENTS = ("arguments", "parameters", "input")

Call = tuple[str, str]
"""The name, and the arguments as JSON with sorted keys; whole numbers without a point."""


def tool_call_match(answer: str, example: Example) -> float | None:
    """1 where the answer makes exactly the gold calls, names and arguments; else 0.

    Where tools are offered and none is to be called, 1 for an answer without a call. None where
    the item has neither gold calls nor tools.
    """
    gold = gold_calls(example)
    if gold is None:
        return None
    return float(Counter(calls_in(answer)) == Counter(gold))


def tool_name_match(answer: str, example: Example) -> float | None:
    """1 where the answer calls exactly the tools that it should, whatever the arguments."""
    gold = gold_calls(example)
    if gold is None:
        return None
    named = Counter(name for name, _ in calls_in(answer))
    return float(named == Counter(name for name, _ in gold))


def tool_call_f1(answer: str, example: Example) -> float | None:
    """Harmonic mean of precision and recall over whole calls; 1 where none is wanted or made."""
    gold = gold_calls(example)
    if gold is None:
        return None
    made = calls_in(answer)
    if not made and not gold:
        return 1.0
    shared = (Counter(made) & Counter(gold)).total()
    return 2 * shared / (len(made) + len(gold))


def gold_calls(example: Example) -> list[Call] | None:
    """The calls of the gold turn, or those that its text writes out.

    Empty where tools are offered and none is called; None where there is nothing to go by.
    """
    given: Sequence[Any] = example.messages[-1].get("tool_calls") or ()
    found = [_call(call) for call in given] if given else calls_in(example.answer)
    if found:
        return [call for call in found if call is not None]
    return [] if example.tools else None


def calls_in(text: str) -> list[Call]:
    """Every call that a text writes in one of the usual forms, in order.

    Inside <tool_call> an object with a name is a call; elsewhere it has to have arguments too,
    so that {"name": "Ada"} in an answer is data. What cannot be read as a call is none.
    """
    blocks = _BLOCK.findall(text)
    if blocks:
        return [call for block in blocks for call in _calls(block, bare=True)]
    return list(_calls(text, bare=False))


def _calls(text: str, *, bare: bool) -> Iterator[Call]:
    position = 0
    while (start := _next_start(text, position)) is not None:
        try:
            value, position = parse_at(text, start)
        except InvalidJSON:
            position = start + 1
            continue
        for entry in _entries(value):
            if bare or _has_arguments(entry):
                call = _call(entry)
                if call is not None:
                    yield call


def _next_start(text: str, position: int) -> int | None:
    match = re.compile(r"[{\[]").search(text, position)
    return match.start() if match else None


def _entries(value: Any) -> list[Any]:
    """What may be calls in a value: itself, a list's members, or those under `tool_calls`."""
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
        value = value["tool_calls"]
    return value if isinstance(value, list) else [value]


def _has_arguments(value: Any) -> bool:
    inner = value.get("function", value) if isinstance(value, dict) else None
    return isinstance(inner, dict) and any(name in inner for name in _ARGUMENTS)


def _call(value: Any) -> Call | None:
    try:
        function = call_of(value, "answer")["function"]
    except TurnFault:
        return None
    return function["name"], json.dumps(_plain(function["arguments"]), sort_keys=True)


def _plain(value: Any) -> Any:
    """A value whose equal numbers are written alike."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
