from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bm25s")

from whet.retrieval import NO_EMBEDDER, Neighbours
from whet.retrieval.embedder import MiniLM
from whet.types import Example


def example(question: str, answer: str = "x") -> Example:
    messages: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return Example.of(messages, "train.jsonl:1")


TRAIN = [example("lost my card"), example("wrong fee on my bill"), example("card was lost")]


@pytest.mark.parametrize("with_embedder", [True, False])
def test_a_training_row_is_never_its_own_neighbour(with_embedder: bool, letters: Any) -> None:
    copies = [*TRAIN, example("lost my card")]
    index = Neighbours(copies, letters if with_embedder else None)
    [found] = index.nearest([TRAIN[0]], 2)
    assert found[0].example.question == "card was lost"
    assert TRAIN[0].id not in {neighbour.example.id for neighbour in found}


@pytest.mark.parametrize("with_embedder", [True, False])
def test_neighbours_come_most_like_first_and_of_equals_the_earlier(
    with_embedder: bool, letters: Any
) -> None:
    train = [*TRAIN, example("wrong fee on my bill", "other")]
    index = Neighbours(train, letters if with_embedder else None)
    [found] = index.nearest([example("a fee on the bill")], 4)
    assert [n.example for n in found[:2]] == [train[1], train[3]]
    assert found[0].score >= found[-1].score


def test_more_neighbours_than_rows_gives_all_rows(letters: Any) -> None:
    [found] = Neighbours(TRAIN, letters).nearest([example("new")], 9)
    assert len(found) == 3
    assert Neighbours(TRAIN, letters).nearest([], 3) == []


def test_the_method_is_told(letters: Any) -> None:
    assert Neighbours(TRAIN, None).method == NO_EMBEDDER
    assert "letters" in Neighbours(TRAIN, letters).method


def test_neighbours_name_the_intent_of_bank_questions(test_data: Path, minilm: MiniLM) -> None:
    """Eight classes, some alike; by chance one in eight is right."""
    with (test_data / "datasets" / "banking77" / "train.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = sorted({row["category"] for row in rows})[8:16]
    kept = [example(row["text"], row["category"]) for row in rows if row["category"] in labels]
    train, queries = kept[::4], kept[1::12]
    found = Neighbours(train, minilm).nearest(queries, 1)
    right = [n.example.answer == q.answer for [n], q in zip(found, queries, strict=True)]
    assert sum(right) / len(right) > 0.85
