"""The same rows through every writer have the same content version."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from whet.data import content_version, read

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = [
    {"input": "plain", "output": "words", "id": "1"},
    {"input": 'quotes " and, commas; and\ttabs', "output": "back\\slash", "id": "2"},
    {"input": "two\nlines", "output": "  spaces kept  ", "id": "3"},
    {"input": "Ünïcödé 😀 \u2028 \u0085 end", "output": "中文", "id": "4"},
    {"input": "=1+1", "output": "{not json", "id": "5"},
]
Writer = Callable[[Path], Path]


def jsonl(folder: Path) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    return put(folder / "a.jsonl", text.encode())


def escaped_jsonl(folder: Path) -> Path:
    return put(folder / "b.jsonl", "\n".join(map(json.dumps, ROWS)).encode())


def json_list(folder: Path) -> Path:
    return put(folder / "c.json", json.dumps(ROWS, indent=2).encode())


def json_object(folder: Path) -> Path:
    return put(folder / "d.json", json.dumps({"data": ROWS}).encode())


def comma_table(folder: Path) -> Path:
    return put(folder / "e.csv", table(","))


def semicolon_table(folder: Path) -> Path:
    return put(folder / "f.csv", b"\xef\xbb\xbfsep=;\r\n" + table(";"))


def tab_table(folder: Path) -> Path:
    return put(folder / "g.tsv", table("\t"))


def parquet_file(folder: Path) -> Path:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.Table.from_pylist(ROWS), folder / "h.parquet", compression="zstd")
    return folder / "h.parquet"


def feather_file(folder: Path) -> Path:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import feather

    feather.write_feather(arrow.Table.from_pylist(ROWS), str(folder / "i.feather"))
    return folder / "i.feather"


def arrow_stream(folder: Path) -> Path:
    arrow = pytest.importorskip("pyarrow")
    data = arrow.Table.from_pylist(ROWS)
    path = str(folder / "j.arrow")
    with arrow.OSFile(path, "wb") as sink, arrow.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)
    return folder / "j.arrow"


def table(delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["input", "output", "id"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue().encode()


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


TEXTS = [jsonl, escaped_jsonl, json_list, json_object, comma_table, semicolon_table, tab_table]
WRITERS = [*TEXTS, parquet_file, feather_file, arrow_stream]


def version(path: Path) -> str:
    reading = read(path)
    assert not reading.errors, reading.errors[0]
    return content_version(reading.examples)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return version(jsonl(tmp_path_factory.mktemp("expected")))


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: str(writer.__name__))
def test_every_kind_of_file_holds_the_same_rows(
    tmp_path: Path, writer: Writer, expected: str
) -> None:
    assert version(writer(tmp_path)) == expected


@pytest.mark.parametrize("writer", TEXTS, ids=lambda writer: str(writer.__name__))
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_packed_files_hold_the_same_rows(
    tmp_path: Path, writer: Writer, suffix: str, expected: str
) -> None:
    plain = writer(tmp_path)
    pack = gzip.compress if suffix == ".gz" else zstd.compress
    packed = put(plain.with_name(plain.name + suffix), pack(plain.read_bytes()))
    assert version(packed) == expected


def test_two_packed_parts_one_after_the_other_are_one_file(tmp_path: Path, expected: str) -> None:
    data = jsonl(tmp_path).read_bytes()
    for suffix, pack in ((".gz", gzip.compress), (".zst", zstd.compress)):
        packed = put(tmp_path / f"p.jsonl{suffix}", pack(data[:100]) + pack(data[100:]))
        assert version(packed) == expected


ENDS: dict[str, Callable[[bytes], bytes]] = {
    "LF": lambda data: data,
    "BOM": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\n", b"\r"),
    "no final newline": lambda data: data.rstrip(b"\n"),
    "blank lines": lambda data: b"\n" + data.replace(b"\n", b"\n\n \n"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "txt"])
def test_line_ends_marks_and_blanks_keep_the_content_version(
    tmp_path: Path, form: str, end: str
) -> None:
    rows = [{"input": "a", "output": "b"}, {"input": "c", "output": "d"}]
    data = {
        "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "json": json.dumps(rows, indent=1) + "\n",
        "csv": "input,output\na,b\nc,d\n",
        "txt": "one line\nanother\n",
    }[form].encode()
    if (form, end) == ("csv", "blank lines"):
        data = data.rstrip(b"\n") + b"\n\n"  # a line of one space is a row of one field
        changed = data
    else:
        changed = ENDS[end](data)
    assert version(put(tmp_path / f"x.{form}", changed)) == version(
        put(tmp_path / f"y.{form}", data)
    )
