"""Two sets of rows, paired one to one by what they have in common."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from whet.data.diff import Item, diff, label_counts, side_of
from whet.types import Example


def item(
    question: str, answer: str = "a", split: str = "train", line: int = 1, **n: object
) -> Item:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Item.of(Example.of(turns, f"f:{line}", fields=n), split)  # type: ignore[arg-type]


def how(before: Sequence[Item], after: Sequence[Item]) -> tuple[int, int, list[str], int]:
    found = diff(before, after)
    return len(found.removed), len(found.added), [p.how for p in found.pairs], found.num_equal


def test_every_kind_of_change_has_its_name() -> None:
    assert how([item("q", line=1)], [item("q", line=9)]) == (0, 0, [], 1)
    assert how([item("q")], [item("r")]) == (1, 1, [], 0)
    assert how([item("q", "a")], [item("q", "b")]) == (0, 0, ["answer"], 0)
    assert how([item("q")], [item("q", split="test")]) == (0, 0, ["split"], 0)
    assert how([item("Is it?")], [item("is it")]) == (0, 0, ["wording"], 0)
    assert how([item("q", n=1)], [item("q", n=2)]) == (0, 0, ["columns"], 0)
    assert how([item("q", n=1)], [item("q", n="1")]) == (0, 0, [], 1)


def test_a_copy_that_was_added_is_one_row_added() -> None:
    assert how([item("q")], [item("q"), item("q", line=2)]) == (0, 1, [], 1)
    assert how([item("q"), item("q", split="test")], [item("q", split="test")]) == (1, 0, [], 1)


def test_the_nearest_pair_is_taken_first() -> None:
    before = [item("q", "a"), item("q", "b")]
    after = [item("q", "c"), item("q", "b")]
    found = diff(before, after)
    (pair,) = found.pairs
    assert (pair.before.example, pair.after.example) == (before[0].example, after[0].example)


def test_rows_known_by_their_id_alone_are_compared_by_it() -> None:
    known = [item("q"), item("r"), item("s")]
    bare = [Item(i.id, i.split, i.source) for i in known[:2]]
    moved = Item(known[1].id, "test", "f:1")
    assert how(bare, known) == (0, 1, [], 2)
    assert how(known, [bare[0], moved]) == (1, 0, ["split"], 1)


ITEMS = st.lists(
    st.builds(item, st.sampled_from("aAbc"), st.sampled_from("xy"), st.sampled_from(
        ["train", "test"]), n=st.integers(1, 2)), max_size=8)  # fmt: skip


@given(ITEMS, ITEMS)
def test_every_row_is_told_once_and_the_way_back_is_the_mirror(
    before: list[Item], after: list[Item]
) -> None:
    there, back = diff(before, after), diff(after, before)
    paired = there.num_equal + len(there.pairs)
    assert paired + len(there.removed) == len(before)
    assert paired + len(there.added) == len(after)
    assert sorted(p.how for p in there.pairs) == sorted(p.how for p in back.pairs)
    assert (len(there.added), len(there.removed)) == (len(back.removed), len(back.added))


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_no_difference(items: list[Item], order) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(items)
    order.shuffle(shuffled)
    assert how(items, shuffled) == (0, 0, [], len(items))


def test_labels_are_counted_where_the_answers_are_labels() -> None:
    def side(answers: str) -> object:
        rows = [item(f"q{i}", answer).example for i, answer in enumerate(answers)]
        return side_of("x", {"train": [row for row in rows if row is not None]})

    assert label_counts(side("yyynnn"), side("yyyynn")) == {"n": (3, 2), "y": (3, 4)}  # type: ignore[arg-type]
    assert label_counts(side("abcdef"), side("yyynnn")) == {}  # type: ignore[arg-type]
