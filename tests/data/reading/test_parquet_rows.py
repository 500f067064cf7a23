"""Parquet, whole or not at all."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.errors import MissingExtraError

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402 - only after the package is known to be there


def write(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "a.parquet"
    parquet.write_table(pa.table(columns), path, **options)
    return path


def test_rows_are_numbered_and_lists_of_turns_read(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "x", "tool_calls": None},
        {"role": "assistant", "content": "y", "tool_calls": None},
    ]
    write(tmp_path, {"messages": [turns, turns], "score": [1.5, float("nan")],
                     "day": [datetime.date(2024, 5, 1), None]})  # fmt: skip
    reading = read("a.parquet", root=tmp_path)
    assert [example.source for example in reading.examples] == ["a.parquet:1", "a.parquet:2"]
    assert reading.examples[0].messages[0] == {"role": "user", "content": "x"}
    assert dict(reading.examples[0].fields) == {"score": 1.5, "day": "2024-05-01"}
    assert dict(reading.examples[1].fields) == {"score": None, "day": None}


@pytest.mark.parametrize("position", [0.02, 0.5, 0.9])
def test_a_damaged_file_gives_no_row(tmp_path: Path, position: float) -> None:
    texts = [f"question {i}" for i in range(5000)]
    path = write(tmp_path, {"input": texts, "output": texts}, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    start = int(position * len(data))
    data[start : start + 64] = bytes(byte ^ 0xFF for byte in data[start : start + 64])
    path.write_bytes(bytes(data))
    reading = read("a.parquet", root=tmp_path)
    assert reading.examples == []
    assert "no row was used" in str(reading.errors[0])


@pytest.mark.parametrize("keep", [0, 3, 100, 2000])
def test_a_cut_file_gives_no_row(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path, {"input": ["a"] * 999, "output": [str(i) for i in range(999)]})
    path.write_bytes(path.read_bytes()[:keep])
    reading = read("a.parquet", root=tmp_path)
    assert reading.examples == []
    assert "a.parquet: the Parquet file is damaged" in str(reading.errors[0])


def test_without_pyarrow_the_message_is_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"input": ["a"], "output": ["b"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"a.parquet needs pyarrow.*whet\[data\]"):
        read("a.parquet", root=tmp_path)


def test_keys_that_a_column_fills_with_null_are_no_keys_of_the_turn(tmp_path: Path) -> None:
    turns = [
        {"from": "human", "value": "x", "role": None, "content": None, "extra": None},
        {"from": None, "value": None, "role": "assistant", "content": "y", "extra": None},
    ]
    write(tmp_path, {"conversations": [turns]})
    reading = read("a.parquet", root=tmp_path)
    assert [m["role"] for m in reading.examples[0].messages] == ["user", "assistant"]
    assert not reading.findings


def test_bytes_where_text_should_be_are_refused_by_row(tmp_path: Path) -> None:
    write(tmp_path, {"input": ["a"], "output": [b"b"]})
    reading = read("a.parquet", root=tmp_path)
    assert [str(finding) for finding in reading.errors] == [
        "a.parquet:1: output: is bytes; expected text. Mend or remove the row."
    ]


def test_a_row_over_the_limit_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    write(tmp_path, {"input": ["a", "b" * 5000, "c"], "output": ["x", "y", "z"]})
    reading = read("a.parquet", root=tmp_path, max_line_bytes=4096)
    assert [example.answer for example in reading.examples] == ["x", "z"]
    assert [str(finding) for finding in reading.errors] == [
        "a.parquet:2: the row is longer than 4096 bytes. Split or remove it."
    ]
