"""Turns as other tools write them become the same canonical messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.data import Reading, check, find_leaks, read
from whet.findings import Severity
from whet.types import Example


def read_rows(folder: Path, *rows: dict[str, Any], **options: Any) -> Reading:
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read("a.jsonl", root=folder, **options)


def one(folder: Path, row: dict[str, Any], **options: Any) -> Example:
    reading = read_rows(folder, row, **options)
    assert not reading.errors, reading.errors[0]
    return reading.examples[0]


@pytest.mark.parametrize(
    ("asking", "answering"),
    [("human", "gpt"), ("user", "assistant"), ("human", "bot"), ("user", "chatgpt"),
     ("human", "model"), ("human", "bard")],
)  # fmt: skip
def test_sharegpt_names_the_sides_in_many_ways(tmp_path: Path, asking: str, answering: str) -> None:
    turns = [{"from": "system", "value": "s"}, {"from": asking, "value": "x"},
             {"from": answering, "value": "y"}]  # fmt: skip
    example = one(tmp_path, {"conversations": turns})
    assert [m["role"] for m in example.messages] == ["system", "user", "assistant"]


@pytest.mark.parametrize("result", ["observation", "function_response", "tool_response", "tool"])
@pytest.mark.parametrize("call", ["function_call", "tool_call"])
def test_sharegpt_calls_and_results_are_tool_messages(
    tmp_path: Path, call: str, result: str
) -> None:
    turns = [
        {"from": "human", "value": "x"},
        {"from": call, "value": '{"name": "f", "arguments": {"a": 1}}'},
        {"from": result, "value": "r"},
        {"from": "gpt", "value": "y"},
    ]
    example = one(tmp_path, {"conversations": turns})
    assert [m["role"] for m in example.messages] == ["user", "assistant", "tool", "assistant"]
    assert example.messages[1]["tool_calls"] == [
        {"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    ]


def test_pairs_of_human_and_assistant_are_two_turns_each(tmp_path: Path) -> None:
    pairs = [{"human": "a", "assistant": "b"}, {"human": "x", "assistant": "y"}]
    example = one(tmp_path, {"conversation": pairs, "system": "s"})
    assert [(m["role"], m["content"]) for m in example.messages] == [
        ("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "x"), ("assistant", "y"),
    ]  # fmt: skip


def test_pairs_of_input_and_output_may_begin_with_a_system_message(tmp_path: Path) -> None:
    pairs = [{"system": "s", "input": "a", "output": "b"}, {"input": "x", "output": "y", "n": 1}]
    reading = read_rows(tmp_path, {"conversation": pairs})
    assert [(m["role"], m["content"]) for m in reading.examples[0].messages] == [
        ("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "x"), ("assistant", "y"),
    ]  # fmt: skip
    assert [str(finding) for finding in reading.findings] == [
        "a.jsonl: not used: conversation[].n."
    ]


def test_the_developer_role_is_the_system_message(tmp_path: Path) -> None:
    turns = [{"role": "developer", "content": "s"}, {"role": "user", "content": "x"},
             {"role": "assistant", "content": "y"}]  # fmt: skip
    assert one(tmp_path, {"messages": turns}).system == "s"


ANTHROPIC = {
    "system": [{"type": "text", "text": "s"}],
    "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "2", "name": "f", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": "r"},
            {"type": "tool_result", "tool_use_id": "2", "is_error": True,
             "content": [{"type": "text", "text": "no"}]},
            {"type": "text", "text": "and now?"}]},
        {"role": "assistant", "content": "y"},
    ],
}  # fmt: skip


def test_anthropic_blocks_become_calls_results_and_thinking(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, ANTHROPIC)
    (example,) = reading.examples
    call = {"type": "function", "id": "1", "function": {"name": "f", "arguments": {"a": 1}}}
    other = {"type": "function", "id": "2", "function": {"name": "f", "arguments": {}}}
    assert list(example.messages) == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "Let me see.", "reasoning_content": "hm",
         "tool_calls": [call, other]},
        {"role": "tool", "content": "r", "tool_call_id": "1"},
        {"role": "tool", "content": "no", "tool_call_id": "2"},
        {"role": "user", "content": "and now?"},
        {"role": "assistant", "content": "y"},
    ]  # fmt: skip
    assert example.tools == (
        {"type": "function",
         "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}},
    )  # fmt: skip
    assert [str(finding) for finding in reading.findings] == [
        "a.jsonl: not used: messages[].content[].is_error, messages[].content[].signature."
    ]


@pytest.mark.parametrize("key", ["reasoning_content", "thinking", "reasoning"])
def test_thinking_of_a_turn_stands_beside_its_answer(tmp_path: Path, key: str) -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", key: "hm"}]
    answer = one(tmp_path, {"messages": turns}).messages[-1]
    assert answer == {"role": "assistant", "content": "y", "reasoning_content": "hm"}


@pytest.mark.parametrize("key", ["reasoning_content", "thinking", "reasoning", "chain_of_thought"])
@pytest.mark.parametrize(
    "row",
    [{"input": "x", "output": "y"}, {"instruction": "x", "output": "y"},
     {"prompt": "x", "completion": "y"}],
    ids=",".join,
)  # fmt: skip
def test_a_column_of_thinking_goes_with_the_answer_and_that_is_said(
    tmp_path: Path, row: dict[str, str], key: str
) -> None:
    reading = read_rows(tmp_path, {**row, key: "hm"}, {**row, key: ""})
    first, second = (example.messages[-1] for example in reading.examples)
    assert first == {"role": "assistant", "content": "y", "reasoning_content": "hm"}
    assert second == {"role": "assistant", "content": "y"}
    assert reading.reason.endswith(f"{key!r} as the thinking before it")


def test_thinking_written_into_the_answer_stays_there(tmp_path: Path) -> None:
    text = "<think>hm</think>\n\ny"
    assert one(tmp_path, {"question": "x", "answer": text}).messages[-1]["content"] == text


def test_query_and_response_take_history_and_system(tmp_path: Path) -> None:
    row = {"query": "x", "response": "y", "history": [["a", "b"]], "system": "s"}
    example = one(tmp_path, row)
    assert [m["content"] for m in example.messages] == ["s", "a", "b", "x", "y"]


@pytest.mark.parametrize("row", [{"text": "a"}, {"text": "a", "url": "u", "meta": {"n": 1}}])
def test_bare_text_is_a_turn_that_nothing_asked_for(tmp_path: Path, row: dict[str, Any]) -> None:
    reading = read_rows(tmp_path, row)
    assert reading.format == "text"
    assert reading.examples[0].messages == ({"role": "assistant", "content": "a"},)


def test_a_text_file_has_a_row_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo \r\n")
    reading = read("a.txt", root=tmp_path)
    assert [example.answer for example in reading.examples] == ["one", "two "]
    assert reading.reason == "text, a row a line; it has the column 'text' alone"


def test_bare_texts_are_no_two_answers_to_one_question(tmp_path: Path) -> None:
    examples = read_rows(tmp_path, {"text": "a"}, {"text": "b"}, {"text": "a"}).examples
    warned = [str(f) for f in check(examples) if f.severity is not Severity.NOTE]
    assert warned == ["a.jsonl:3: the same row as a.jsonl:1."]
    assert len(find_leaks(examples[:2], examples[2:])) == 1


def test_a_transcript_stands_for_a_list_of_turns(tmp_path: Path) -> None:
    text = "Human: x\nHuman: too\n\nAssistant: y\n\nHuman: a\n\nAssistant: b\n"
    example = one(tmp_path, {"messages": text})
    assert [m["content"] for m in example.messages] == ["x\nHuman: too", "y", "a", "b"]
