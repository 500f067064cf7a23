"""CSV as spreadsheets and pandas write it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from whet.data import Reading, read


def read_csv(folder: Path, data: bytes, name: str = "a.csv") -> Reading:
    (folder / name).write_bytes(data)
    return read(name, root=folder)


def texts(reading: Reading) -> list[tuple[str, str]]:
    return [(example.question, example.answer) for example in reading.examples]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"input,output\nx,y\n"),
        ("a.csv", b"input;output\nx;y\n"),
        ("a.csv", b"input\toutput\nx\ty\n"),
        ("a.tsv", b"input\toutput\nx\ty\n"),
        ("a.csv", b"sep=;\ninput;output\nx;y\n"),
        ("a.csv", b"sep=|\r\ninput|output\r\nx|y\r\n"),
        ("a.csv", b"\xef\xbb\xbfinput,output\r\nx,y\r\n"),
        ("a.csv", b"input,output\rx,y\r"),
        ("a.csv", b'"input","output"\n"x","y"'),
        ("a.csv", b"Input , OUTPUT\nx,y\n\n"),
    ],
)
def test_every_dialect_of_a_spreadsheet_reads_alike(tmp_path: Path, name: str, data: bytes) -> None:
    reading = read_csv(tmp_path, data, name)
    assert texts(reading) == [("x", "y")]
    assert not reading.errors


def test_a_field_over_several_lines_is_cited_by_its_first(tmp_path: Path) -> None:
    data = b'input,output\n"one\ntwo, ""three""",y\nx,z\n'
    reading = read_csv(tmp_path, data)
    assert texts(reading) == [('one\ntwo, "three"', "y"), ("x", "z")]
    assert [example.source for example in reading.examples] == ["a.csv:2", "a.csv:4"]


def test_windows_line_ends_inside_a_field_hold_the_same_text(tmp_path: Path) -> None:
    plain = b'input,output\n"one\ntwo",y\n'
    windows = plain.replace(b"\n", b"\r\n")
    assert texts(read_csv(tmp_path, plain)) == texts(read_csv(tmp_path, windows))


def test_the_nameless_index_of_pandas_gets_a_name(tmp_path: Path) -> None:
    reading = read_csv(tmp_path, b",input,output\n0,x,y\n")
    assert texts(reading) == [("x", "y")]
    assert reading.examples[0].fields["column_1"] == "0"
    assert "a.csv: column 1 has no name and is called column_1." in map(str, reading.findings)


def test_reading_leaves_the_csv_modules_limit_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read_csv(tmp_path, b"input,output\n" + b"x" * 200_000 + b",y\n")
    assert csv.field_size_limit() == before


def test_messages_may_stand_in_a_cell_as_json(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    cell = json.dumps(turns).replace('"', '""')
    reading = read_csv(tmp_path, f'messages,id\n"{cell}",1\n'.encode())
    assert texts(reading) == [("x", "y")]
