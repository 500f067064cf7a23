"""Equal content, equal version, wherever and however it is stored."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.config import DataConfig
from whet.data import content_version, read, split_version, survey
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


def test_the_same_columns_as_csv_jsonl_json_and_parquet_are_one_version(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [
        {"input": "one\ntwo", "output": "y", "n": 1, "ok": True, "note": ""},
        {"input": "Zoë", "output": "z, z", "n": 25, "ok": False, "note": "late"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "a.json").write_text(json.dumps({"data": rows[::-1]}, indent=2))
    with (tmp_path / "a.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(rows[0])
        writer.writerows(
            [str(v).lower() if isinstance(v, bool) else v for v in row.values()] for row in rows
        )
    empty = [{**row, "note": row["note"] or None} for row in rows]
    parquet.write_table(arrow.Table.from_pylist(empty), tmp_path / "a.parquet")
    versions = {
        name: content_version(read(f"a.{name}", root=tmp_path).examples)
        for name in ("jsonl", "json", "csv", "parquet")
    }
    assert len(set(versions.values())) == 1, versions


JSONL = b'{"input": "one", "output": "y"}\n{"input": "x", "output": "z"}\n'


@pytest.mark.parametrize(
    "data",
    [
        JSONL.replace(b"\n", b"\r\n"),
        JSONL.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + JSONL,
        JSONL.rstrip(),
        JSONL.replace(b"\n", b"\n\n  \n"),
        b'{"output": "z", "input": "x"}\n{"input" : "one","output":"\\u0079"}\n',
    ],
    ids=["CRLF", "CR", "BOM", "no final newline", "blank lines", "other order and escapes"],
)
def test_how_a_jsonl_file_is_written_does_not_count(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "plain.jsonl").write_bytes(JSONL)
    (tmp_path / "other.jsonl").write_bytes(data)
    one, two = (read(f"{n}.jsonl", root=tmp_path).examples for n in ("plain", "other"))
    assert content_version(one) == content_version(two)


def test_a_moved_folder_has_the_same_version(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.jsonl").write_bytes(JSONL)
    before = survey(DataConfig(train=("a.jsonl",)), root=tmp_path / "here").version
    (tmp_path / "here").rename(tmp_path / "there")
    assert survey(DataConfig(train=("a.jsonl",)), root=tmp_path / "there").version == before
    shown = DataConfig(train=(str(tmp_path / "there" / "a.jsonl"),))
    assert survey(shown, root=tmp_path).version == before
