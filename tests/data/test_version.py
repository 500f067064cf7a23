"""Equal content, equal version, wherever and however it is stored."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from whet.data import content_version, read, split_version
from whet.types import Example


def example(question: str, source: str = "a:1", **fields: object) -> Example:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": "a"}]
    return Example.of(turns, source, fields=fields)  # type: ignore[arg-type]


@given(st.lists(st.sampled_from("abcde")), st.randoms(use_true_random=False))
def test_order_and_place_do_not_matter(questions, order) -> None:  # type: ignore[no-untyped-def]
    rows = [example(q, f"here:{i}") for i, q in enumerate(questions)]
    moved = [example(q, f"there:{9 - i}") for i, q in enumerate(questions)]
    order.shuffle(moved)
    assert content_version(rows) == content_version(moved)
    assert len(content_version(rows)) == 16


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_a_copy_of_a_row_counts(questions: list[str]) -> None:
    rows = [example(q) for q in questions]
    assert content_version(rows) != content_version([*rows, rows[0]])


def test_text_and_columns_count() -> None:
    versions = {content_version([row]) for row in (example("a"), example("A"), example("a", n=1))}
    assert len(versions) == 3


def test_line_ends_and_byte_order_marks_do_not_count(tmp_path: Path) -> None:
    plain = b'input,output\n"one\ntwo",y\nx,z\n'
    variants = [plain, plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain, plain.rstrip()]
    versions = set()
    for index, data in enumerate(variants):
        (tmp_path / f"{index}.csv").write_bytes(data)
        versions.add(content_version(read(f"{index}.csv", root=tmp_path).examples))
    assert len(versions) == 1


def test_the_same_rows_divided_otherwise_are_another_version() -> None:
    a, b = example("a"), example("b")
    assert split_version({"train": [a], "test": [b]}) != split_version({"train": [b], "test": [a]})
