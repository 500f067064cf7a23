"""A row's side is its own affair: not of its place, not of its neighbours."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from whet.data import input_key, split
from whet.errors import DataError
from whet.types import Example

PROPERTY = settings(max_examples=100, deadline=None)


def example(question: str, answer: str = "a", line: int = 1, **fields: object) -> Example:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example.of(turns, f"t.jsonl:{line}", fields=fields)  # type: ignore[arg-type]


MANY = [example(f"question {i}", line=i, customer=i % 40) for i in range(2000)]
ROWS = st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), st.sampled_from("xyz")), min_size=1)


def sides(examples: list[Example], **options: object) -> dict[str, str] | None:
    try:
        made = split(examples, validation=0.3, test=0.3, **options)  # type: ignore[arg-type]
    except DataError:
        return None
    named = {"train": made.train, "validation": made.validation, "test": made.test}
    return {row.source: name for name, rows in named.items() for row in rows}


@PROPERTY
@given(rows=ROWS, seed=st.integers(0, 99), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, seed, order) -> None:  # type: ignore[no-untyped-def]
    examples = [example(q, a, i) for i, (q, a) in enumerate(rows)]
    shuffled = list(examples)
    order.shuffle(shuffled)
    assert sides(examples, seed=seed) == sides(shuffled, seed=seed)


@PROPERTY
@given(rows=ROWS, more=ROWS, seed=st.integers(0, 99))
def test_adding_rows_moves_no_old_one(rows, more, seed) -> None:  # type: ignore[no-untyped-def]
    examples = [example(q, a, i) for i, (q, a) in enumerate(rows + more)]
    before, after = sides(examples[: len(rows)], seed=seed), sides(examples, seed=seed)
    assume(before is not None and after is not None)
    assert before is not None and after is not None
    assert before.items() <= after.items()


@PROPERTY
@given(rows=ROWS, seed=st.integers(0, 99))
def test_every_row_is_on_one_side_and_equal_inputs_share_it(rows, seed) -> None:  # type: ignore[no-untyped-def]
    examples = [example(q.upper() if i % 2 else f" {q}", a, i) for i, (q, a) in enumerate(rows)]
    made = sides(examples, seed=seed)
    assume(made is not None)
    assert made is not None and len(made) == len(examples)
    by_input: dict[str, set[str]] = {}
    for row in examples:
        by_input.setdefault(input_key(row), set()).add(made[row.source])
    assert all(len(names) == 1 for names in by_input.values())


def test_shares_are_met_within_chance() -> None:
    made = split(MANY, validation=0.1, test=0.2, seed=1)
    assert 150 < len(made.validation) < 250  # 200 expected, standard deviation 13
    assert 330 < len(made.test) < 470  # 400 expected, standard deviation 18


def test_another_seed_is_another_split_and_validation_does_not_touch_test() -> None:
    first, second = split(MANY, test=0.2, seed=1), split(MANY, test=0.2, seed=2)
    assert first.test != second.test
    assert split(MANY, validation=0.3, test=0.2, seed=1).test == first.test


def test_a_side_not_asked_for_is_empty() -> None:
    made = split(MANY, test=0.2)
    assert made.validation == []


def test_groups_stay_together() -> None:
    made = split(MANY, validation=0.3, test=0.3, group_by="customer")
    groups = [
        {row.fields["customer"] for row in side}
        for side in (made.train, made.validation, made.test)
    ]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    assert sum(map(len, groups)) == 40


def test_a_row_without_a_group_is_named_with_what_it_has() -> None:
    rows = [*MANY[:50], example("new", line=99, client=3)]
    with pytest.raises(DataError, match=r"t.jsonl:99: customer: the row has no value .* client"):
        split(rows, test=0.2, group_by="customer")


def test_an_empty_side_says_what_to_do() -> None:
    with pytest.raises(DataError) as caught:
        split([example("same", line=i) for i in range(30)], validation=0.1)
    assert str(caught.value) == (
        "data.split: validation came out empty: a share of 0.1 of 30 rows with 1 different inputs "
        "or groups. Add rows, ask for a larger share, or name a file in data.validation."
    )


def test_shares_that_leave_no_training_rows_are_refused() -> None:
    with pytest.raises(DataError, match="leave no share for training"):
        split(MANY, validation=0.5, test=0.5)
