"""Tool calls in the forms that models write, and when they match."""

from __future__ import annotations

import json

import pytest

from whet.evals.scorers.tool_calls import (
    calls_in,
    tool_call_f1,
    tool_call_match,
    tool_name_match,
)
from whet.types import Example

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}
CALL = {"name": "weather", "arguments": {"city": "Ulm", "days": 2}}
WRITTEN = json.dumps(CALL)


def _item(calls: list[dict[str, object]], tools: bool = True) -> Example:
    gold: dict[str, object] = {"role": "assistant", "content": ""}
    if calls:
        gold["tool_calls"] = [{"type": "function", "function": call} for call in calls]
    turns = [{"role": "user", "content": "?"}, gold]
    return Example.of(turns, "t:1", tools=[TOOL] if tools else [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        f"<tool_call>\n{WRITTEN}\n</tool_call>",
        f"<tool_call>{WRITTEN}",
        f"I will look it up.\n```json\n{WRITTEN}\n```",
        f"[{WRITTEN}]",
        f"[TOOL_CALLS] [{WRITTEN}]",
        f"<|python_tag|>{json.dumps({'name': 'weather', 'parameters': CALL['arguments']})}",
        json.dumps({"name": "weather", "arguments": json.dumps(CALL["arguments"])}),
        json.dumps({"tool_calls": [{"id": "1", "type": "function", "function": CALL}]}),
        json.dumps({"type": "tool_use", "name": "weather", "input": CALL["arguments"]}),
        '{"arguments": {"days": 2.0, "city": "Ulm"}, "name": "weather"}',
    ],
)
def test_a_call_is_read_in_every_usual_form(text: str) -> None:
    assert calls_in(text) == [("weather", '{"city": "Ulm", "days": 2}')]
    assert tool_call_match(text, _item([CALL])) == 1.0


@pytest.mark.parametrize(
    "text",
    ["", "Sunny.", '{"name": "Ada"}', '{"city": "Ulm"}', "[1] see {there}", '{"name": "weather"'],
)
def test_what_is_no_call_is_none(text: str) -> None:
    assert calls_in(text) == []
    assert tool_call_match(text, _item([CALL])) == 0.0
    assert tool_call_match(text, _item([])) == 1.0


def test_calls_may_come_in_any_order_and_count_as_often_as_they_are_made() -> None:
    other = {"name": "time", "arguments": {}}
    both = _item([CALL, other])
    assert tool_call_match(f"{json.dumps(other)}\n{WRITTEN}", both) == 1.0
    assert tool_call_match(f"{WRITTEN}\n{WRITTEN}", both) == 0.0
    assert tool_call_f1(WRITTEN, both) == pytest.approx(2 / 3)


def test_wrong_arguments_are_no_match_and_the_right_name_is_one_of_names() -> None:
    wrong = WRITTEN.replace("Ulm", "Bonn")
    assert tool_call_match(wrong, _item([CALL])) == 0.0
    assert tool_name_match(wrong, _item([CALL])) == 1.0
    assert tool_call_f1(wrong, _item([CALL])) == 0.0


def test_an_item_without_calls_and_tools_is_unscored() -> None:
    plain = _item([], tools=False)
    assert tool_call_match(WRITTEN, plain) is None
    assert tool_name_match(WRITTEN, plain) is None and tool_call_f1(WRITTEN, plain) is None


def test_a_call_where_none_is_wanted_is_wrong() -> None:
    assert tool_call_match(WRITTEN, _item([])) == 0.0
    assert tool_call_f1("Sunny.", _item([])) == 1.0


def test_gold_calls_may_be_written_in_the_text() -> None:
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": WRITTEN}]
    assert tool_call_match(f"<tool_call>{WRITTEN}</tool_call>", Example.of(turns, "t:1")) == 1.0  # type: ignore[arg-type]
