"""Tools and forms of answers, on llama.cpp, which has grammars for both."""

from __future__ import annotations

import json
from typing import Any

import pytest

openai = pytest.importorskip("openai")

from serving_server import client  # noqa: E402

NAME = "nano"
MESSAGES: Any = [{"role": "user", "content": "Where is order 12?"}]
SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["refund", "order"]},
        "count": {"type": "integer"},
    },
    "required": ["kind", "count"],
    "additionalProperties": False,
}
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "Finds an order.",
        "parameters": {
            "type": "object",
            "properties": {"state": {"type": "string", "enum": ["open", "sent"]}},
            "required": ["state"],
        },
    },
}
OTHER: Any = {"type": "function", "function": {"name": "other", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def calling() -> dict[str, Any]:
    """A bias towards the brace that opens a call: whet-nano never learnt to write one."""
    from whet.models.files import find_folder
    from whet.models.load import load_tokenizer

    tokenizer = load_tokenizer(find_folder("whet-nano"))
    return {"logit_bias": {str(tokenizer("{")["input_ids"][0]): 100}}


def asked(**more: Any) -> dict[str, Any]:
    return {"model": NAME, "messages": MESSAGES, "temperature": 0, "max_tokens": 200} | more


def test_an_answer_follows_the_json_schema(llama_server: Any) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "ticket", "schema": SCHEMA}}
    told = client(llama_server).chat.completions.create(**asked(response_format=form))
    value = json.loads(told.choices[0].message.content)
    assert set(value) == {"kind", "count"}
    assert value["kind"] in ("refund", "order")
    assert isinstance(value["count"], int)


def test_json_object_gives_the_beginning_of_an_object_at_least(llama_server: Any) -> None:
    form = {"type": "json_object"}
    told = client(llama_server).chat.completions.create(**asked(response_format=form))
    content = told.choices[0].message.content
    assert content.lstrip().startswith("{")
    if told.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(content), dict)


BY_NAME = {"type": "function", "function": {"name": "find_order"}}


@pytest.mark.parametrize("choice", ["required", BY_NAME], ids=["required", "by name"])
def test_a_tool_that_must_be_called_is_called(
    tools_server: Any, calling: dict[str, Any], choice: Any
) -> None:
    tools = [TOOL] if choice == "required" else [OTHER, TOOL]
    body = asked(tools=tools, tool_choice=choice, **calling)
    told = client(tools_server).chat.completions.create(**body).choices[0]
    call = told.message.tool_calls[0]
    assert told.finish_reason == "tool_calls"
    assert call.type == "function"
    assert call.id
    assert call.function.name == "find_order"
    assert json.loads(call.function.arguments)["state"] in ("open", "sent")


def test_a_streamed_call_is_the_same_call(tools_server: Any, calling: dict[str, Any]) -> None:
    body = asked(tools=[TOOL], tool_choice="required", **calling)
    whole = client(tools_server).chat.completions.create(**body).choices[0].message.tool_calls[0]
    name, arguments, finish = "", "", None
    for chunk in client(tools_server).chat.completions.create(**body, stream=True):
        for choice in chunk.choices:
            for delta in choice.delta.tool_calls or ():
                name += delta.function.name or ""
                arguments += delta.function.arguments or ""
            finish = choice.finish_reason or finish
    assert (name, json.loads(arguments), finish) == (
        whole.function.name, json.loads(whole.function.arguments), "tool_calls",
    )  # fmt: skip


def test_the_answer_of_a_tool_goes_back_into_the_conversation(tools_server: Any) -> None:
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "find_order", "arguments": '{"state": "open"}'},
    }
    messages = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "It is on its way."},
    ]
    told = client(tools_server).chat.completions.create(
        **asked(messages=messages, tools=[TOOL], tool_choice="none", max_tokens=8)
    )
    assert told.choices[0].message.content
    assert told.choices[0].message.tool_calls is None
    plain = client(tools_server).chat.completions.create(**asked(max_tokens=8))
    assert told.usage.prompt_tokens > plain.usage.prompt_tokens + 20


def test_a_model_whose_template_writes_no_tools_refuses_them(llama_server: Any) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client(llama_server).chat.completions.create(**asked(tools=[TOOL]))
    assert told.value.param == "tools"
    assert "template" in told.value.body["message"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tool_choice": {"type": "function", "function": {"name": "nope"}}, "tools": [TOOL]},
     "tool_choice"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema":
      {"$ref": "#/nowhere"}}}}, "messages"),
    ({"response_format": {"type": "json_object"}, "tools": [TOOL]}, "response_format"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "param"), REFUSED, ids=lambda value: str(value)[:30])
def test_forms_and_choices_that_make_no_sense_are_refused(
    tools_server: Any, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client(tools_server).chat.completions.create(**asked(**fields))
    assert told.value.param == param


def test_a_schema_that_is_too_deep_never_reaches_the_engine(tools_server: Any) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"type": "object", "properties": {"a": deep}}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": deep}}
    with pytest.raises(openai.BadRequestError) as told:
        client(tools_server).chat.completions.create(**asked(response_format=form))
    assert "nested" in told.value.body["message"]


def test_penalties_are_honoured(llama_server: Any) -> None:
    plain = client(llama_server).chat.completions.create(**asked(max_tokens=60))
    punished = client(llama_server).chat.completions.create(
        **asked(max_tokens=60, frequency_penalty=2, presence_penalty=2)
    )
    assert plain.choices[0].message.content != punished.choices[0].message.content
