from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.errors import DataError
from whet.evals.judge.labels import Label, read_labels


def read(tmp_path: Path, *rows: Any) -> tuple[list[Label], int]:
    file = tmp_path / "labels.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_labels(file, scale=5, passing=4)


def test_scores_are_read_as_good_or_not(tmp_path: Path) -> None:
    rows = [{"item": str(n), "arm": "a", "label": n} for n in range(1, 6)]
    found, draws = read(tmp_path, *rows)
    assert [label.says for label in found] == [0, 0, 0, 1, 1] and draws == 0


def test_labels_of_pairs_follow_the_order_of_the_pair(tmp_path: Path) -> None:
    pair = {"item": "1", "pair": ["a", "b"]}
    found, _ = read(tmp_path, pair | {"label": "b"})
    assert found[0].says == -1
    assert found[0].turned(("b", "a")).says == 1
    assert found[0].turned(("b", "a")).arms == ("b", "a")


def test_several_raters_are_one_label_by_majority(tmp_path: Path) -> None:
    one = {"item": "1", "arm": "a"}
    pair = {"item": "1", "pair": ["a", "b"]}
    turned = {"item": "1", "pair": ["b", "a"]}
    found, draws = read(
        tmp_path,
        *(one | {"label": label} for label in (True, True, False)),
        *({"item": "2", "arm": "a", "label": label} for label in (True, False)),
        pair | {"label": "a"}, turned | {"label": "a"}, turned | {"label": "b"},
        {"item": "3", "pair": ["a", "b"], "label": "a"},
        {"item": "3", "pair": ["a", "b"], "label": "b"},
    )  # fmt: skip
    assert [(label.item, label.says) for label in found] == [("1", 1), ("1", 1), ("3", 0)]
    assert found[1].arms == ("a", "b")
    assert draws == 1


def test_labels_of_different_answers_to_one_item_stay_apart(tmp_path: Path) -> None:
    row = {"item": "1", "arm": "a", "question": "Q"}
    found, _ = read(tmp_path, row | {"label": True, "answer": "x"},
                    row | {"label": False, "answer": "y"})  # fmt: skip
    assert [label.says for label in found] == [1, 0]


def test_a_label_may_bring_all_that_the_judge_needs(tmp_path: Path) -> None:
    found, _ = read(tmp_path, {
        "item": "1", "pair": ["a", "b"], "label": "tie", "question": "Q", "reference": "R",
        "criteria": ["short"], "answers": {"b": "two", "a": "one"}, "rater": "r7",
    })  # fmt: skip
    assert found[0].answers == ("one", "two")
    material = found[0].material
    assert material is not None
    assert (material.criteria, material.references) == (("short",), ("R",))
    assert material.prompt == ({"role": "user", "content": "Q"},)


BAD = {
    "no object": ("[]", "expected an object"),
    "broken": ('{"item": "1"', "cut off"),
    "no item": ({"arm": "a", "label": True}, "`item` is None"),
    "neither": ({"item": "1", "label": True}, "either `arm`, or `pair`"),
    "both": ({"item": "1", "arm": "a", "pair": ["a", "b"], "label": "a"}, "either `arm`"),
    "one name": ({"item": "1", "pair": ["a", "a"], "label": "a"}, "two names of arms"),
    "strange winner": ({"item": "1", "pair": ["a", "b"], "label": "c"}, "expected a, b or tie"),
    "off the scale": ({"item": "1", "arm": "a", "label": 6}, "a score from 1 to 5"),
    "a word": ({"item": "1", "arm": "a", "label": "good"}, "a score from 1 to 5"),
    "no question": ({"item": "1", "arm": "a", "label": True, "answer": "x"}, "needs `question`"),
    "half a pair": (
        {"item": "1", "pair": ["a", "b"], "label": "a", "answers": {"a": "x"}},
        "does not hold the texts of a and b",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_label_is_told_by_its_line(tmp_path: Path, name: str) -> None:
    row, word = BAD[name]
    good = {"item": "1", "arm": "a", "label": True}
    with pytest.raises(DataError, match=word.replace("`", ".")) as error:
        read(tmp_path, good, row)
    assert "labels.jsonl:2:" in str(error.value)


def test_an_empty_file_is_no_calibration(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no label in it"):
        read(tmp_path, "")
