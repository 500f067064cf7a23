from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.errors import DataError
from whet.infer import load_answers
from whet.types import Example


def example(question: str, **fields: Any) -> Example:
    messages: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "gold"},
    ]
    return Example.of(messages, f"test.jsonl:{question}", fields=fields)


ITEMS = [example("q1", id="one"), example("q2", id="two"), example("q3", id="three")]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def jsonl(folder: Path, *rows: Any) -> Path:
    return written(folder, "p.jsonl", "\n".join(map(json.dumps, rows)) + "\n")


def faults_of(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_answers(path, ITEMS)
    return [fault.replace(str(path), "P") for fault in caught.value.faults]


def test_rows_are_matched_by_own_id_or_content_id_in_any_order(tmp_path: Path) -> None:
    own = jsonl(tmp_path, *({"id": i, "answer": i} for i in ("three", "one", "two")))
    assert load_answers(own, ITEMS) == ["one", "two", "three"]
    content = jsonl(tmp_path, *({"id": e.id, "prediction": e.question} for e in ITEMS[::-1]))
    assert load_answers(content, ITEMS) == ["q1", "q2", "q3"]


def test_rows_are_matched_by_the_question(tmp_path: Path) -> None:
    path = jsonl(tmp_path, *({"input": q, "output": q.upper()} for q in ("q2", "q3", "q1")))
    assert load_answers(path, ITEMS) == ["Q1", "Q2", "Q3"]


def test_a_csv_file_may_hold_line_breaks(tmp_path: Path) -> None:
    path = written(tmp_path, "p.csv", 'id,answer\r\none,"a\nb"\r\ntwo,\r\nthree,"c, d"\r\n')
    assert load_answers(path, ITEMS) == ["a\nb", "", "c, d"]


def test_a_csv_answer_may_be_long(tmp_path: Path) -> None:
    long = "x" * 200_000
    path = written(tmp_path, "p.csv", f"id,answer\none,{long}\ntwo,b\nthree,c\n")
    assert load_answers(path, ITEMS) == [long, "b", "c"]


def test_answers_without_names_are_taken_in_order(tmp_path: Path) -> None:
    assert load_answers(written(tmp_path, "p.txt", "a\n\nc\u2028d\n"), ITEMS) == [
        "a",
        "",
        "c\u2028d",
    ]
    assert load_answers(jsonl(tmp_path, "x", "y", "z"), ITEMS) == ["x", "y", "z"]
    assert load_answers(jsonl(tmp_path, *({"answer": a} for a in "xyz")), ITEMS) == list("xyz")


def test_every_missing_surplus_and_doubled_item_is_told(tmp_path: Path) -> None:
    rows = [{"id": i, "answer": "a"} for i in ("one", "one", "four")]
    assert faults_of(jsonl(tmp_path, *rows)) == [
        "P:2: id: 'one' has an answer in line 1.",
        "P:3: id: no test item has 'four'.",
        f"P: no answer for the item test.jsonl:q2 (id {ITEMS[1].id}): 'q2'.",
        f"P: no answer for the item test.jsonl:q3 (id {ITEMS[2].id}): 'q3'.",
    ]


def test_every_line_that_is_no_answer_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "p.jsonl", '{"id": 1}\n{oops\n[1]\n{"answer": 5}\n"fine"\n')
    faults = faults_of(path)
    assert faults[0].startswith("P:1: no answer; expected one of answer, output")
    assert faults[1].startswith("P:2: is no JSON")
    assert faults[2] == "P:3: expected an object or a string, found list."
    assert faults[3] == "P:4: answer: expected a text, found int."
    assert len(faults) == 4


def test_a_wrong_number_of_unnamed_answers_is_an_error(tmp_path: Path) -> None:
    [fault] = faults_of(jsonl(tmp_path, "x", "y"))
    assert "2 answers for 3 test items" in fault


def test_rows_with_and_without_names_do_not_mix(tmp_path: Path) -> None:
    [fault] = faults_of(jsonl(tmp_path, {"id": "one", "answer": "a"}, "y", "z"))
    assert "name all or none" in fault


def test_a_question_asked_twice_names_no_item(tmp_path: Path) -> None:
    twice = [example("q", id=1, n=1), Example.of(example("q").messages, "test.jsonl:9")]
    with pytest.raises(DataError, match="have the same input 'q'"):
        load_answers(jsonl(tmp_path, {"input": "q", "answer": "a"}), twice)


@pytest.mark.parametrize("name", ["p.parquet", "p"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    [fault] = faults_of(written(tmp_path, name, "x"))
    assert "expected .jsonl, .csv or .txt" in fault


def test_a_file_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path / "none.jsonl")
    assert fault == "P: cannot be read: No such file or directory."
