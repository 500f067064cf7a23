from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.distilling import read_questions
from whet.errors import DataError


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_lines_of_text_are_prompts(tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_bytes("\ufeffone\r\n\r\n two\u2028lines \nthree".encode())
    found = read_questions([file])
    texts = [q.messages[0]["content"] for q in found.items]
    assert texts == ["one", "two\u2028lines", "three"]
    assert [q.source.rpartition(":")[2] for q in found.items] == ["1", "3", "4"]


def test_prompts_alone_need_no_answers(tmp_path: Path) -> None:
    file = write(tmp_path / "p.jsonl", {"id": 1, "prompt": "one"}, {"id": 2, "prompt": "two"})
    found = read_questions([file])
    assert [(q.messages[0]["content"], q.gold) for q in found.items] == [
        ("one", None), ("two", None),
    ]  # fmt: skip


def test_rows_with_answers_keep_them_as_known(tmp_path: Path) -> None:
    file = write(tmp_path / "p.jsonl", {"instruction": "add", "input": "1 1", "output": "2"})
    (question,) = read_questions([file]).items
    assert (question.messages[0]["content"], question.gold) == ("add\n1 1", "2")


def test_conversations_are_asked_up_to_their_last_question(tmp_path: Path) -> None:
    system, user = {"role": "system", "content": "s"}, {"role": "user", "content": "u"}
    answer = {"role": "assistant", "content": "a"}
    file = write(
        tmp_path / "p.jsonl",
        {"messages": [system, user]},
        {"messages": [user, answer, {"role": "user", "content": "and?"}]},
        {"messages": [{"role": "user", "content": "x"}, answer]},
    )
    found = read_questions([file]).items
    assert [len(q.messages) for q in found] == [2, 3, 1]
    assert [q.gold for q in found] == [None, None, "a"]


def test_equal_inputs_are_asked_once_and_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_text("one\ntwo\none\n")
    found = read_questions([file])
    assert len(found.items) == 2 and found.num_read == 3
    assert "1 inputs repeat earlier ones" in found.notes[0]
    assert found.items[0].source.endswith(":1")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.txt", None, "no such file"),
        ("p.txt", b"", "no inputs"),
        ("p.txt", b"caf\xe9\n", "not UTF-8"),
        ("p.txt", "one".encode("utf-16"), "UTF-16"),
        ("p.jsonl", b'{"prompt": "a"}\n{"prompt": \n', "p.jsonl:2: invalid JSON"),
        ("p.jsonl", b'{"prompt": "a"}\n{"prompt": 7}\n', "p.jsonl:2: prompt: no text"),
        ("p.jsonl", b'{"messages": [{"role": "bot", "content": "x"}]}\n', "role 'bot'"),
        ("p.jsonl", b'{"messages": [{"role": "system", "content": "x"}]}\n', "only a system"),
        ("p.jsonl", b'{"red": 1, "blue": 2}\n', "p.jsonl"),
    ],
)
def test_broken_inputs_are_named_by_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_questions([file])
