"""Benchmark items: texts that a model is to be tested on and should not have been trained on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.data.overlap.texts import input_text
from whet.data.places import printable
from whet.data.reading.files import DataFile, find_files
from whet.errors import DataError
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Item:
    """A test item: `id` says where it stands, `texts` are question, options and answer."""

    id: str
    texts: tuple[str, ...]


def items_of(examples: Iterable[Example]) -> list[Item]:
    """The inputs of a project's own test rows as items; answers may well recur in training."""
    return [Item(row.source, (input_text(row),)) for row in examples]


def read_items(paths: Sequence[str], root: Path) -> list[Item]:
    """The rows of JSONL, JSON, CSV or TSV files, also gzipped, as items.

    Every text of a row is taken, whatever its column, also within lists. The first line of a
    CSV file is taken too, so that files without a header are read whole.

    Raises:
        DataError: a file is missing, of another kind, or cannot be parsed; with file and line.
    """
    return [item for file in find_files(paths, root).files for item in _items(file)]


def _items(file: DataFile) -> list[Item]:
    readers = {"jsonl": _json_lines, "json": _json_list, "csv": _csv_rows, "tsv": _csv_rows}
    if file.kind not in readers:
        raise DataError(
            f"{file.name}: data.benchmarks takes JSONL, JSON, CSV and TSV files. Convert it."
        )
    try:
        with file.open() as stream:
            text = stream.read().decode("utf-8-sig")
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise DataError(f"{file.name}: cannot be read as UTF-8 text: {error}.") from None
    rows = ((line, tuple(_texts(value))) for line, value in readers[file.kind](file, text))
    items = [Item(f"{file.name}:{line}", texts) for line, texts in rows if texts]
    if not items:
        raise DataError(f"{file.name}: no text in it. Name another file in data.benchmarks.")
    return items


def _json_lines(file: DataFile, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _parsed(line, f"{file.name}:{number}")


def _json_list(file: DataFile, text: str) -> Iterator[tuple[int, Any]]:
    value = _parsed(text, file.name)
    yield from enumerate(value if isinstance(value, list) else [value], 1)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {printable(str(error))}.") from None


def _csv_rows(file: DataFile, text: str) -> Iterator[tuple[int, Any]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if file.kind == "tsv" else ",")
    line = 1
    try:
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        raise DataError(f"{file.name}:{line}: not CSV: {error}.") from None


def _texts(value: Any) -> Iterator[str]:
    """Every string in a value, at any depth."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
