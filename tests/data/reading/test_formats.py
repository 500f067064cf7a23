"""Each format that people have becomes the same canonical conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.data import Reading, read
from whet.types import Example


def read_rows(folder: Path, *rows: dict[str, Any], **options: Any) -> Reading:
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read("a.jsonl", root=folder, **options)


def one(folder: Path, row: dict[str, Any], **options: Any) -> Example:
    reading = read_rows(folder, row, **options)
    assert not reading.errors, reading.errors[0]
    return reading.examples[0]


def spoken(example: Example) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in example.messages]


X_Y = [("user", "x"), ("assistant", "y")]


TURNS = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
SHAREGPT = [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]
BLOCKS = [
    {"role": "user", "content": [{"type": "text", "text": "x"}], "loss_weight": 0.0},
    {"role": "assistant", "content": [{"type": "text", "value": "y"}], "loss_weight": 1.0},
]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"messages": TURNS}, "messages"),
        ({"messages": BLOCKS}, "messages"),
        ({"conversations": SHAREGPT}, "messages"),
        ({"conversation": TURNS}, "messages"),
        ({"prompt": TURNS[:1], "completion": TURNS[1:]}, "prompt_completion"),
        ({"instruction": "x", "input": "", "output": "y"}, "alpaca"),
        ({"instruction": "x", "output": "y"}, "alpaca"),
        ({"instruction": "x", "context": "", "response": "y"}, "alpaca"),
        ({"prompt": "x", "completion": "y"}, "prompt_completion"),
        ({"input": "x", "output": "y"}, "input_output"),
        ({"question": "x", "answer": "y"}, "input_output"),
        ({"query": "x", "response": "y"}, "input_output"),
        ({"prompt": "x", "response": "y"}, "input_output"),
        ({"text": "x", "label": "y"}, "input_output"),
        ({"text": "x", "category": "y"}, "input_output"),
        ({"Question": "x", "Answer": "y", "text": "more"}, "input_output"),
        ({"sentence": "x", "intent": "y", "id": 7}, "input_output"),
        ({"problem": "x", "solution": "y", "level": 3}, "input_output"),
        ({"question": "x", "answers": "y"}, "input_output"),
        ({"question": "x", "answer": "y", "answer_key": "A"}, "input_output"),
        ({"request": "x", "reply": "y", "text": "z"}, "input_output"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)  # fmt: skip
def test_the_format_is_told_by_the_columns(tmp_path: Path, row: dict[str, Any], name: str) -> None:
    reading = read_rows(tmp_path, row)
    assert reading.format == name
    assert spoken(reading.examples[0]) == X_Y


def test_the_reason_names_the_columns(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {"text": "x", "category": "y"})
    assert reading.reason == "JSONL; column 'text' reads as the input, 'category' as the answer"


def test_alpaca_joins_instruction_and_input_by_a_newline(tmp_path: Path) -> None:
    row = {"instruction": "Translate.", "input": "Hallo", "output": "Hello", "system": "Be brief.",
           "history": [["a", "b"]]}  # fmt: skip
    assert spoken(one(tmp_path, row)) == [
        ("system", "Be brief."), ("user", "a"), ("assistant", "b"),
        ("user", "Translate.\nHallo"), ("assistant", "Hello"),
    ]  # fmt: skip


def test_columns_map_names_of_the_file(tmp_path: Path) -> None:
    row = {"mr": "x", "ref": "y", "persona": "z", "who": "c7", "input": "not this"}
    columns = {"input": "mr", "output": "ref", "system": "persona", "group": "who"}
    example = one(tmp_path, row, columns=columns)
    assert spoken(example) == [("system", "z"), *X_Y]
    assert example.group == "c7"
    assert dict(example.fields) == row


def test_mapping_only_the_answer_leaves_the_input_to_be_found(tmp_path: Path) -> None:
    row = {"question": "x", "answer": "long", "label": "y"}
    assert spoken(one(tmp_path, row, columns={"output": "label"})) == X_Y


def test_chosen_answers_can_be_mapped_from_preference_pairs(tmp_path: Path) -> None:
    row = {"conversations": SHAREGPT[:1], "chosen": SHAREGPT[1], "rejected": SHAREGPT[1]}
    columns = {"prompt": "conversations", "completion": "chosen"}
    assert spoken(one(tmp_path, row, columns=columns)) == X_Y


def test_good_and_bad_marks_beside_messages_are_warned_of(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    reading = read_rows(tmp_path, {"messages": turns, "rating": False})
    assert [finding.kind for finding in reading.findings] == ["feedback"]


def test_references_criteria_and_passages_may_be_lists_of_texts(tmp_path: Path) -> None:
    kept = {"references": ["z"], "criteria": ["short", "kind"], "passages": {"p1": "text"}}
    row = {"text": "x", "label": "y", **kept, "tags": ["a"]}
    reading = read_rows(tmp_path, row)
    assert dict(reading.examples[0].fields) == {"text": "x", "label": "y", **kept}
    assert [str(finding) for finding in reading.findings] == ["a.jsonl: not used: tags."]
    odd = read_rows(tmp_path, {"text": "x", "label": "y", "references": [1]})
    assert [str(finding) for finding in odd.findings] == ["a.jsonl: not used: references."]


def test_scalars_become_fields_and_the_rest_is_said_to_be_unused(tmp_path: Path) -> None:
    row = {"text": "x", "label": "y", "n": 3, "f": 0.5, "ok": True, "none": None, "meta": {"a": 1}}
    reading = read_rows(tmp_path, row)
    assert dict(reading.examples[0].fields) == {k: v for k, v in row.items() if k != "meta"}
    assert [str(finding) for finding in reading.findings] == ["a.jsonl: not used: meta."]


def test_numbers_as_answers_become_text_and_that_is_said(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {"question": "6*7?", "answer": 42})
    assert reading.examples[0].answer == "42"
    assert [str(finding) for finding in reading.findings] == [
        "a.jsonl: numbers in answer were taken as text."
    ]


def test_roles_are_mapped_by_the_project(tmp_path: Path) -> None:
    row = {"messages": [{"role": "kunde", "content": "x"}, {"role": "bot", "content": "y"}]}
    assert spoken(one(tmp_path, row, roles={"kunde": "user", "bot": "assistant"})) == X_Y


def test_tool_calls_of_every_form_become_one(tmp_path: Path) -> None:
    openai = {"messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
        {"role": "tool", "content": "r", "tool_call_id": "1"},
        {"role": "assistant", "content": "y"}]}  # fmt: skip
    sharegpt = {"conversations": [
        {"from": "human", "value": "x"},
        {"from": "function_call", "value": '{"name": "f", "arguments": {"a": 1}}'},
        {"from": "observation", "value": "r"},
        {"from": "gpt", "value": "y"}]}  # fmt: skip
    call = {"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    first, second = one(tmp_path, openai), one(tmp_path, sharegpt)
    assert first.messages[1] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{**call, "id": "1"}],
    }
    assert second.messages[1] == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert spoken(first) == spoken(second)


def test_calls_in_turns_of_their_own_join_the_assistant_turn_before(tmp_path: Path) -> None:
    call = {"from": "function_call", "value": '{"name": "f", "arguments": {}}'}
    row = {"conversations": [SHAREGPT[0], {"from": "gpt", "value": "Let me see."}, call, call]}
    example = one(tmp_path, row)
    assert spoken(example) == [("user", "x"), ("assistant", "Let me see.")]
    assert len(example.messages[1]["tool_calls"]) == 2


def test_tools_come_from_lists_or_from_text_in_one_form(tmp_path: Path) -> None:
    bare = {"name": "f", "parameters": {}}
    wrapped = {"type": "function", "function": bare}
    for tools in ([bare], [wrapped], json.dumps([bare])):
        assert one(tmp_path, {"input": "x", "output": "y", "tools": tools}).tools == (wrapped,)
    assert one(tmp_path, {"input": "x", "output": "y", "tools": ""}).tools == ()


def test_reasoning_blocks_are_kept_apart_from_the_answer(tmp_path: Path) -> None:
    blocks = [{"type": "reasoning", "value": "hm"}, {"type": "text", "value": "y"}]
    row = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": blocks}]}
    example = one(tmp_path, row)
    assert example.messages[1] == {"role": "assistant", "content": "y", "reasoning_content": "hm"}


def test_a_row_without_its_group_is_broken(tmp_path: Path) -> None:
    rows = [{"input": "x", "output": "y", "c": 1}, {"input": "x", "output": "y"}]
    reading = read_rows(tmp_path, *rows, group_by="c")
    assert reading.examples[0].group == "1"
    assert [str(finding) for finding in reading.errors] == [
        "a.jsonl:2: c: missing; the row has input, output; every row needs a group that is text "
        "or a number. Mend or remove the row."
    ]


@pytest.mark.parametrize(
    ("header", "question", "answer"),
    [
        ("customer message,intent", "customer message", "intent"),
        ("agent_reply,customer-question", "customer-question", "agent_reply"),
        ("what was said,category", "what was said", "category"),
        ("prompt,what we want", "prompt", "what we want"),
    ],
)
def test_names_of_several_words_are_known_by_the_last(
    tmp_path: Path, header: str, question: str, answer: str
) -> None:
    names = header.split(",")
    (tmp_path / "t.csv").write_text(f"{header}\n{names[0]} 1,{names[1]} 1\n")
    reading = read("t.csv", root=tmp_path)
    assert reading.errors == []
    assert reading.examples[0].question == f"{question} 1"
    assert reading.examples[0].answer == f"{answer} 1"
    assert repr(question) in reading.reason and repr(answer) in reading.reason


def test_two_names_with_the_same_last_word_are_an_error_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("first question,second question,agent reply\na,b,c\n")
    (error,) = read("t.csv", root=tmp_path).errors
    assert "'first question'" in str(error) or "first question, second question" in str(error)
