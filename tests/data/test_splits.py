"""A row's side is its own affair: not of its place, not of its neighbours."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from whet.data import input_key, split
from whet.data.splits import Earlier
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


# -- by stratum --------------------------------------------------------------------------


@PROPERTY
@given(rows=ROWS, more=ROWS, seed=st.integers(0, 99))
def test_rows_appended_to_a_stratified_split_move_no_old_one(rows, more, seed) -> None:  # type: ignore[no-untyped-def]
    examples = [example(q, a, i) for i, (q, a) in enumerate(rows + more)]
    before = sides(examples[: len(rows)], seed=seed, stratify="answer")
    after = sides(examples, seed=seed, stratify="answer")
    assume(before is not None and after is not None)
    assert before is not None and after is not None
    assert before.items() <= after.items()


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_is_divided_in_the_shares_asked_for(seed: int) -> None:
    rows = [example(f"q {i}", "rare" if i % 50 == 0 else "usual", i) for i in range(1000)]
    made = split(rows, validation=0.1, test=0.2, stratify="answer", seed=seed)
    rare = [sum(row.answer == "rare" for row in side) for side in (made.test, made.validation)]
    assert 3 <= rare[0] <= 5 and 1 <= rare[1] <= 3  # 4 and 2 of 20
    usual = [sum(row.answer == "usual" for row in side) for side in (made.test, made.validation)]
    assert 194 <= usual[0] <= 198 and 96 <= usual[1] <= 100  # 196 and 98 of 980


def test_a_row_without_a_stratum_is_named() -> None:
    with pytest.raises(DataError, match=r"t.jsonl:7: region: the row has no value to stratify by"):
        split([*MANY[:9], example("x", line=7)], test=0.2, stratify="region")


# -- by time -----------------------------------------------------------------------------


def dated(days: list[object], **fields: object) -> list[Example]:
    return [example(f"q {i}", line=i, when=day, **fields) for i, day in enumerate(days)]


@pytest.mark.parametrize(
    "days",
    [
        [f"2026-01-{day:02d}" for day in range(1, 21)],
        [f"2026-01-01T{hour:02d}:30:00+02:00" for hour in range(20)],
        list(range(20)),
        [f"{value}.5" for value in range(20)],
    ],
    ids=["dates", "moments", "numbers", "numbers as text"],
)
def test_the_newest_rows_are_test_and_the_next_validation(days: list[object]) -> None:
    rows = dated(days)
    made = split(rows[::-1], validation=0.1, test=0.2, time_by="when")
    assert [row.source for row in made.test] == [f"t.jsonl:{i}" for i in (19, 18, 17, 16)]
    assert [row.source for row in made.validation] == ["t.jsonl:15", "t.jsonl:14"]
    assert made.made.boundaries == {"test": str(days[16]), "validation": str(days[14])}


def test_rows_of_one_moment_are_not_parted() -> None:
    made = split(dated([1, 1, 2, 2, 2]), test=0.2, time_by="when")
    assert len(made.test) == 3


def test_a_group_goes_with_its_newest_row_so_that_training_never_looks_ahead() -> None:
    rows = [example(f"q {i}", line=i, when=i, who=i % 5) for i in range(20)]
    made = split(rows, test=0.2, time_by="when", group_by="who")
    assert {row.fields["who"] for row in made.test} == {4}
    newest_learnt = max(row.fields["when"] for row in made.train)
    assert newest_learnt < 19


FAULTY_TIMES = {
    "no time": (["2026-01-01", "yesterday"], r"t.jsonl:1: when: 'yesterday' is no time; expected"),
    "no value": (["2026-01-01", None], r"t.jsonl:1: when: the row has no value to sort by"),
    "not finite": ([1, "nan"], "t.jsonl:1: when: 'nan' is no time"),
    "true": ([1, True], "t.jsonl:1: when: True is no time"),
    "mixed": (
        ["2026-01-01", "7"],
        "t.jsonl:1: when: '7' is a number, and the first row has a date",
    ),
    "zones": (["2026-01-01", "2026-01-01T00:00Z"], "is a date with a time zone"),
}


@pytest.mark.parametrize(("days", "message"), FAULTY_TIMES.values(), ids=FAULTY_TIMES.keys())
def test_a_time_that_cannot_be_compared_is_named(days: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        split(dated(days), test=0.2, time_by="when")


@PROPERTY
@given(
    days=st.lists(st.integers(0, 30), min_size=4),
    more=st.lists(st.integers(0, 60)),
    seed=st.integers(0, 9),
)
def test_a_frozen_boundary_moves_no_old_row(days: list[int], more: list[int], seed: int) -> None:
    rows = dated([*days, *more])
    options: dict[str, object] = {"time_by": "when", "seed": seed}
    try:
        first = split(rows[: len(days)], validation=0.3, test=0.3, **options)  # type: ignore[arg-type]
    except DataError:
        assume(False)
    before = sides(rows[: len(days)], **options)
    after = sides(rows, **options, earlier=first.made)
    assert before is not None and after is not None
    assert before.items() <= after.items()
    newest = max(days)
    for row in rows[len(days) :]:
        assert row.fields["when"] < newest or after[row.source] == "test"


def test_without_the_boundary_newer_rows_move_old_ones() -> None:
    """What a split by time cannot promise, so that the sentence in the documentation is tested."""
    rows = dated(list(range(40)))
    before = sides(rows[:20], time_by="when")
    after = sides(rows, time_by="when")
    assert before is not None and after is not None
    assert not before.items() <= after.items()


# -- near duplicates, and what was decided earlier --------------------------------------------


def clusters(examples: list[Example]) -> list[int]:
    """Rows whose questions begin with the same letter; a question of two letters joins both."""
    parents = {letter: letter for row in examples for letter in row.question}
    for row in examples:
        first, last = (parents[row.question[i]] for i in (0, -1))
        parents = {letter: first if p == last else p for letter, p in parents.items()}
    names = sorted(set(parents.values()))
    return [names.index(parents[row.question[0]]) for row in examples]


LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = st.builds(
    lambda letters, pairs: [*letters, *pairs],
    st.lists(st.sampled_from(LETTERS), min_size=12, max_size=30),
    st.lists(st.text(LETTERS, min_size=2, max_size=2), max_size=8),
)


@PROPERTY
@given(words=WORDS, seed=st.integers(0, 99))
def test_near_duplicates_share_a_side(words: list[str], seed: int) -> None:
    rows = [example(word, line=i) for i, word in enumerate(words)]
    made = sides(rows, seed=seed, clusters=clusters)
    assume(made is not None)
    assert made is not None
    by_cluster: dict[int, set[str]] = {}
    for row, number in zip(rows, clusters(rows), strict=True):
        by_cluster.setdefault(number, set()).add(made[row.source])
    assert all(len(names) == 1 for names in by_cluster.values())


@PROPERTY
@given(words=WORDS, more=WORDS, seed=st.integers(0, 99))
def test_with_what_was_decided_earlier_no_old_row_moves_and_no_new_twin_of_test_is_trained_on(
    words: list[str], more: list[str], seed: int
) -> None:
    rows = [example(word, line=i) for i, word in enumerate([*words, *more])]
    old, options = rows[: len(words)], {"seed": seed, "clusters": clusters}
    try:
        first = split(old, validation=0.3, test=0.3, **options)  # type: ignore[arg-type]
    except DataError:
        assume(False)
    made = split(rows, validation=0.3, test=0.3, **options, earlier=first.made)  # type: ignore[arg-type]
    for name in ("train", "validation", "test"):
        before, after = ({row.source for row in getattr(s, name)} for s in (first, made))
        assert before <= after
    numbers = dict(zip((row.source for row in rows), clusters(rows), strict=True))
    tested = {numbers[row.source] for row in first.test}
    new = {row.source for row in rows[len(words) :]} - {row.source for row in old}
    seen = {input_key(row) for row in old}
    for row in (*made.train, *made.validation):
        if row.source in new and input_key(row) not in seen:
            assert numbers[row.source] not in tested


def test_the_memory_of_a_split_names_no_group_in_clear() -> None:
    rows = [example(f"q {i}", line=i, who=f"person{i}@home.org") for i in range(50)]
    made = split(rows, test=0.4, group_by="who").made
    assert len(made.sides) == 50
    assert not any("@" in key for key in made.sides)
    assert split(rows, test=0.4, group_by="who", seed=5, earlier=made).made == made


def test_a_boundary_of_another_kind_is_refused() -> None:
    earlier = Earlier(boundaries={"test": "2026-01-01"})
    with pytest.raises(DataError, match="the split was made at '2026-01-01', and the rows now"):
        split(dated([1, 2, 3]), test=0.3, time_by="when", earlier=earlier)
