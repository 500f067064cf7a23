"""Rows of a small published file: JSON lines or CSV, as .gz too, each with its place."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.data.reading.strict_json import InvalidJSON, parse
from whet.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Record:
    """One row's values and where it stands (`file:line`)."""

    values: dict[str, Any]
    place: str


def read_text(path: Path, setting: str) -> str:
    """The text of a file that `setting` names, unpacked where it is a .gz.

    Raises:
        ConfigError: it cannot be opened.
        DataError: it is not UTF-8, or cut short.
    """
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{setting}: {path}: not UTF-8 at byte {error.start}.") from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{setting}: {path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{setting}: {path}: {error.strerror}.") from None


def json_records(path: Path, setting: str, keys: Mapping[str, type]) -> list[Record]:
    """The objects of a JSONL file, each with these keys of these types.

    Raises:
        ConfigError, DataError: naming the file, or each bad line.
    """
    found, faults = [], []
    for number, line in enumerate(read_text(path, setting).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = parse(line)
        except InvalidJSON as error:
            faults.append(f"{place}: invalid JSON: {error}")
            continue
        wrong = [
            key
            for key, kind in keys.items()
            if not isinstance(row, dict) or not isinstance(row.get(key), kind)
        ]
        if wrong:
            faults.append(f"{place}: expected {_described(keys)}; wrong or missing: {wrong}")
            continue
        found.append(Record(row, place))
    return _whole(found, faults, path, setting)


def csv_records(
    path: Path, setting: str, columns: tuple[str, ...], *, header: tuple[str, ...] | None = None
) -> list[Record]:
    """The rows of a CSV file that has these columns; `header` names them where no line does.

    Raises:
        ConfigError, DataError: naming the file, or each bad line.
    """
    reader = csv.DictReader(io.StringIO(read_text(path, setting), newline=""), fieldnames=header)
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        seen = ", ".join(reader.fieldnames or ()) or "nothing"
        raise DataError(f"{setting}: {path}: no column {', '.join(missing)}; it has {seen}.")
    found, faults = [], []
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if any(not isinstance(row.get(name), str) for name in columns):
            faults.append(f"{place}: fewer fields than columns.")
            continue
        found.append(Record(dict(row), place))
    return _whole(found, faults, path, setting)


def _whole(found: list[Record], faults: list[str], path: Path, setting: str) -> list[Record]:
    if faults:
        raise DataError(faults)
    if not found:
        raise DataError(f"{setting}: {path}: no row in it.")
    return found


def _described(keys: Mapping[str, type]) -> str:
    return "an object with " + ", ".join(f"{key!r} ({kind.__name__})" for key, kind in keys.items())
