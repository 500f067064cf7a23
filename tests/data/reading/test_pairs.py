"""Preference pairs and judged answers: read and checked, and not trained on unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.config import DataConfig
from whet.data import Reading, load, read, row_key, survey
from whet.errors import DataError
from whet.types import Example, Message

ASK = {"role": "user", "content": "x"}
GOOD, BAD = ({"role": "assistant", "content": text} for text in ("y", "z"))
HUMAN, GPT, WORSE = (
    {"from": who, "value": text} for who, text in (("human", "x"), ("gpt", "y"), ("gpt", "z"))
)


def read_rows(folder: Path, *rows: dict[str, Any], **options: Any) -> Reading:
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read("a.jsonl", root=folder, **options)


def said(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "x", "chosen": "y", "rejected": "z"},
        {"question": "x", "chosen": "y", "rejected": "z", "system": ""},
        {"instruction": "x", "input": "", "chosen": "y", "rejected": "z"},
        {"prompt": [ASK], "chosen": [GOOD], "rejected": [BAD]},
        {"prompt": [ASK], "chosen": [GOOD], "rejected": [ASK, BAD], "chosen_score": 4},
        {"chosen": [ASK, GOOD], "rejected": [ASK, BAD]},
        {"prompt": "x", "chosen": [ASK, GOOD], "rejected": [ASK, BAD]},
        {"chosen_messages": [ASK, GOOD], "rejected_messages": [ASK, BAD]},
        {"chosen": json.dumps([ASK, GOOD]), "rejected": json.dumps([ASK, BAD])},
        {"messages": [ASK, GOOD], "rejected_response": "z"},
        {"messages": [ASK, GOOD], "rejected_messages": [ASK, BAD]},
        {"conversations": [HUMAN], "chosen": GPT, "rejected": WORSE},
        {"chosen": "\n\nHuman: x\n\nAssistant: y", "rejected": "\n\nHuman: x\n\nAssistant: z"},
        {"prompt": "\n\nHuman: x\n\nAssistant:", "chosen": " y", "rejected": " z"},
    ],
    ids=lambda row: ",".join(f"{key}:{type(value).__name__}" for key, value in row.items()),
)
def test_every_layout_of_a_pair_is_the_same_example(tmp_path: Path, row: dict[str, Any]) -> None:
    reading = read_rows(tmp_path, row)
    assert reading.format == "preference"
    assert not reading.errors, reading.errors[0]
    (example,) = reading.examples
    assert [text.strip() for _, text in said(example.messages)] == ["x", "y"]
    assert [text.strip() for _, text in said(example.rejected)] == ["z"]
    assert said(example.prompt) == [("user", "x")]


def test_the_prompt_of_two_conversations_is_all_that_they_share(tmp_path: Path) -> None:
    row = {"chosen": [ASK, GOOD, ASK, GOOD], "rejected": [ASK, GOOD, ASK, BAD, ASK, GOOD]}
    (example,) = read_rows(tmp_path, row).examples
    assert said(example.prompt) == [("user", "x"), ("assistant", "y"), ("user", "x")]
    assert said(example.rejected) == [("assistant", "z"), ("user", "x"), ("assistant", "y")]


def test_a_prompt_that_is_not_what_the_sides_share_is_refused(tmp_path: Path) -> None:
    row = {"prompt": "other", "chosen": [ASK, GOOD], "rejected": [ASK, BAD]}
    assert [str(finding) for finding in read_rows(tmp_path, row).errors] == [
        "a.jsonl:1: prompt: is not in the beginning that the two sides share. "
        "Mend or remove the row."
    ]


def test_a_fault_that_both_sides_share_is_told_once(tmp_path: Path) -> None:
    row = {"chosen": [ASK, GOOD, GOOD, ASK, GOOD], "rejected": [ASK, GOOD, GOOD, ASK, BAD]}
    assert [str(finding) for finding in read_rows(tmp_path, row).errors] == [
        "a.jsonl:1: chosen[2]: two assistant messages in a row. Join them or remove the row."
    ]


KTO = [
    {"prompt": "x", "completion": "y", "label": True},
    {"prompt": "x", "completion": "y", "label": "True"},
    {"messages": [ASK, GOOD], "label": True},
    {"conversations": [HUMAN, GPT], "kto_tag": True},
]


@pytest.mark.parametrize("row", KTO, ids=lambda row: ",".join(row))
def test_answers_judged_true_or_false_keep_their_judgement(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    reading = read_rows(tmp_path, row)
    assert reading.format == "kto"
    (example,) = reading.examples
    assert example.desirable is True and not example.rejected
    assert said(example.messages) == [("user", "x"), ("assistant", "y")]


def test_a_label_in_words_is_no_judgement(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {"messages": [ASK, GOOD], "label": "refund"})
    assert reading.format == "messages"
    assert reading.examples[0].desirable is None


def test_ids_change_only_with_what_is_there() -> None:
    plain = Example.of([Message(role="user", content="x"), Message(role="assistant", content="y")],
                       "a:1")  # fmt: skip
    assert plain.id == "c1039c074657db14"
    other = [Message(role="assistant", content="z")]
    variants = [
        plain,
        Example.of(plain.messages, "a:1", rejected=other),
        Example.of(plain.messages, "a:1", desirable=True),
        Example.of(plain.messages, "a:1", desirable=False),
    ]
    assert len({example.id for example in variants}) == 4
    assert len({row_key(example) for example in variants}) == 4


REFUSED = [
    ({"prompt": "x", "chosen": "y", "rejected": "z"},
     "holds preference pairs (columns chosen, rejected), not examples to imitate. To learn the "
     "preference set train.objective to dpo or orpo. To imitate the chosen answers add to "
     "whet.yaml: data: {columns: {prompt: prompt, completion: chosen}}"),
    ({"chosen": [ASK, GOOD], "rejected": [ASK, BAD]},
     "holds preference pairs (columns chosen, rejected), not examples to imitate. To learn the "
     "preference set train.objective to dpo or orpo. To imitate the chosen answers add to "
     "whet.yaml: data: {columns: {messages: chosen}}"),
    ({"messages": [ASK, GOOD], "rejected_response": "z"},
     "holds preference pairs (columns rejected_response), not examples to imitate. To learn the "
     "preference set train.objective to dpo or orpo. To imitate the chosen answers add to "
     "whet.yaml: data: {columns: {messages: messages}}"),
    ({"messages": [ASK, GOOD], "label": True},
     "holds answers judged good or bad (column label), not examples to imitate. To learn from "
     "both set train.objective: kto. To imitate the good ones keep only those "
     "rows, and add to whet.yaml: data: {columns: {messages: messages}}"),
    ({"text": "x"},
     "holds bare text (column text), not questions with answers. "
     "Name files in which each row has an answer."),
]  # fmt: skip


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=[",".join(row) for row, _ in REFUSED])
def test_check_takes_such_rows_and_training_refuses_them(
    tmp_path: Path, row: dict[str, Any], message: str
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    data = DataConfig(train=("a.jsonl",))
    assert len(survey(data, root=tmp_path).train) == 1
    with pytest.raises(DataError) as caught:
        load(data, root=tmp_path)
    assert caught.value.faults == (f"a.jsonl: {message}",)


@pytest.mark.parametrize("row", [row for row, _ in REFUSED[:4]], ids=lambda row: ",".join(row))
def test_what_the_message_says_makes_the_rows_trainable(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError) as caught:
        load(DataConfig(train=("a.jsonl",)), root=tmp_path)
    advice = str(caught.value).rpartition("{columns: {")[2].rstrip("}")
    columns = dict(pair.split(": ") for pair in advice.split(", "))
    (example,) = load(DataConfig(train=("a.jsonl",), columns=columns), root=tmp_path).train
    assert said(example.messages) == [("user", "x"), ("assistant", "y")]
    assert not example.rejected and example.desirable is None
