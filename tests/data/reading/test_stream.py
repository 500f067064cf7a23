"""A file that is too large to hold is read twice, with the same outcome."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from whet.data import Dropped, read, stream
from whet.data.reading import read as reading_module
from whet.data.reading.files import find_files
from whet.data.reading.lines import MAX_LINE_BYTES
from whet.data.reading.tables import FileRows
from whet.errors import DataError
from whet.findings import Finding
from whet.types import Example

LINES = [json.dumps({"input": f"question {i}", "output": f"answer {i}"}) for i in range(300)]
CSV = "input,output\n" + "".join(f"question {i},answer {i}\n" for i in range(300))


@pytest.fixture(params=[10**9, 500], ids=["kept", "read twice"])
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(reading_module, "MAX_KEPT_CHARS", request.param)
    return int(request.param)


def sorted_out(folder: Path, name: str) -> tuple[list[Example], list[Dropped], list[Finding]]:
    parts = list(stream(name, root=folder))
    return (
        [part for part in parts if isinstance(part, Example)],
        [part for part in parts if isinstance(part, Dropped)],
        [part for part in parts if isinstance(part, Finding)],
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "\n".join([*LINES[:9], "{broken", '{"input": "a", "output": ""}', *LINES[9:]])),
        ("a.json", "[" + ",\n".join(LINES) + "]"),
        ("a.json", json.dumps({"data": [json.loads(line) for line in LINES]}, indent=1)),
        ("a.csv", CSV.replace("question 7,", '"question\n7",') + "\n\n"),
        ("a.csv", CSV + 'a,"b'),
        ("a.txt", "\n".join(LINES)),
        ("a.jsonl", ""),
    ],
)
@pytest.mark.usefixtures("limit")
def test_a_stream_gives_what_reading_gives(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    reading = read(name, root=tmp_path)
    examples, dropped, findings = sorted_out(tmp_path, name)
    assert examples == reading.examples
    assert dropped == reading.broken
    assert findings == reading.findings


def test_parquet_is_streamed_by_its_row_groups(tmp_path: Path, limit: int) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.Table.from_pylist([json.loads(line) for line in LINES])
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=70)
    assert sorted_out(tmp_path, "a.parquet")[0] == read("a.parquet", root=tmp_path).examples


def test_a_damaged_end_is_found_before_the_first_row(tmp_path: Path, limit: int) -> None:
    import gzip

    packed = gzip.compress("\n".join(LINES).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(packed[:-4])
    first = next(stream("a.jsonl.gz", root=tmp_path))
    assert isinstance(first, Finding) and first.kind == "damaged"


@pytest.mark.parametrize("change", ["more\n", LINES[0] + "\n"])
def test_a_file_that_changes_between_its_readings_stops_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(reading_module, "MAX_KEPT_CHARS", 500)
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(LINES) + "\n")
    rows = stream("a.jsonl", root=tmp_path)
    next(rows)
    with path.open("a") as file:
        file.write(change)
    with pytest.raises(DataError, match=r"a.jsonl: changed while it was read"):
        list(rows)


MEASURE = """
import resource, sys
from whet.data import stream
from whet.types import Example
num = sum(isinstance(part, Example) for part in stream(sys.argv[1]))
print(num, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def streamed(path: Path) -> tuple[int, int]:
    """Examples and peak memory in KiB of a process that streams the file."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True
    )
    num, peak_kib = done.stdout.split()
    return int(num), int(peak_kib)


@pytest.mark.slow
def test_a_million_rows_take_no_more_memory_than_the_rows_that_are_kept(tmp_path: Path) -> None:
    sizes = {}
    for num_rows in (1_000, 1_000_000):
        path = tmp_path / f"{num_rows}.jsonl"
        with path.open("w") as file:
            for i in range(num_rows):
                question = f"What is {i} and {i + 1}, and what comes after the two of them?"
                file.write(json.dumps({"input": question, "output": f"It is {i + 2}."}) + "\n")
        num, sizes[num_rows] = streamed(path)
        assert num == num_rows
    grown_mib = (sizes[1_000_000] - sizes[1_000]) / 1024
    assert grown_mib < 200, f"grew by {grown_mib:.0f} MiB"


def test_rows_that_were_kept_are_let_go_as_they_are_given_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"n": {n}}}\n' for n in range(5)))
    rows = FileRows(find_files([path]).files[0], MAX_LINE_BYTES)
    left = [len(rows.table.rows or []) for _ in rows]
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(AssertionError, match="given out once"):
        list(rows)
