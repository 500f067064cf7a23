"""What is in two splits is found, named, and dropped only when told to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from whet.data import find_leaks, resolve_leaks
from whet.errors import DataError
from whet.findings import Kind
from whet.types import Example


def example(question: str, answer: str, source: str, system: str = "") -> Example:
    head = [{"role": "system", "content": system}] if system else []
    turns = [*head, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example.of(turns, source)  # type: ignore[arg-type]


TRAIN = [example("Where is my card?", "card", "train:1"), example("other", "x", "train:2"),
         example("where is  my CARD?", "other answer", "train:3")]  # fmt: skip
TEST = [example("Where is my card?", "card", "test:1"), example("new", "y", "test:2"),
        example("WHERE is my card?", "card", "test:3")]  # fmt: skip


def sources(rows: Sequence[Example]) -> list[str]:
    return [row.source for row in rows]


def test_the_same_input_is_a_leak_whatever_the_answer() -> None:
    leaks = find_leaks(TRAIN, TEST)
    assert [(sources(leak.train), leak.held_out.source, leak.kind) for leak in leaks] == [
        (["train:1", "train:3"], "test:1", Kind.LEAK_EXACT),
        (["train:1", "train:3"], "test:3", Kind.LEAK_EXACT),
    ]


def test_an_error_names_the_rows_and_the_choices() -> None:
    with pytest.raises(DataError) as caught:
        resolve_leaks(TRAIN, TEST, find_leaks(TRAIN, TEST), "error")
    assert str(caught.value) == (
        "2 held-out rows leak.\n"
        "test:1: the same input as the training row train:1 and 1 more rows.\n"
        "test:3: the same input as the training row train:1 and 1 more rows.\n"
        "Remove them from one side, or set data.on_leak: drop_train (keeps the held-out rows) "
        "or drop_test (drops the held-out rows)."
    )


def test_ten_leaks_are_shown_and_the_rest_counted() -> None:
    train = [example(f"q{i}", "a", f"train:{i}") for i in range(25)]
    test = [example(f"q{i}", "a", f"test:{i}") for i in range(25)]
    with pytest.raises(DataError) as caught:
        resolve_leaks(train, test, find_leaks(train, test), "error")
    assert len(caught.value.faults) == 13
    assert caught.value.faults[-2] == "... and 15 more."


def test_dropping_from_train_keeps_every_test_row() -> None:
    resolved = resolve_leaks(TRAIN, TEST, find_leaks(TRAIN, TEST), "drop_train")
    assert sources(resolved.train) == ["train:2"]
    assert resolved.test == TEST
    assert [(row.source, row.reason) for row in resolved.dropped] == [
        ("train:1", "leak"), ("train:3", "leak"),
    ]  # fmt: skip


def test_dropping_from_test_drops_every_copy_there() -> None:
    resolved = resolve_leaks(TRAIN, TEST, find_leaks(TRAIN, TEST), "drop_test")
    assert resolved.train == TRAIN
    assert sources(resolved.test) == ["test:2"]
    assert find_leaks(resolved.train, resolved.test) == []


def test_another_system_message_does_not_hide_a_leak() -> None:
    train = [example("Where is my card?", "card", "train:1", system="You are a bank.")]
    leak, _ = find_leaks(train, TEST)
    assert leak.how.startswith("the same question and answer")


def test_a_system_message_that_decides_the_answer_is_part_of_the_input() -> None:
    train = [example("Summarise.", "cats", "train:1", system="Document on cats."),
             example("Summarise.", "dogs", "train:2", system="Document on dogs.")]  # fmt: skip
    test = [example("Summarise.", "cats", "test:1", system="Another on cats.")]
    assert find_leaks(train, test) == []


def test_earlier_turns_are_part_of_the_input() -> None:
    def talk(first: str, source: str) -> Example:
        texts = [first, "ok", "yes", "done"]
        roles = ["user", "assistant"] * 2
        turns = [{"role": r, "content": text} for r, text in zip(roles, texts, strict=True)]
        return Example.of(turns, source)  # type: ignore[arg-type]

    assert find_leaks([talk("Cancel?", "train:1")], [talk("Order?", "test:1")]) == []
    assert len(find_leaks([talk("Cancel?", "train:1")], [talk("cancel?", "test:1")])) == 1
