"""The rows of the data sets, read as another tool describes them, and where they go."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.data import Reading, read
from whet.data.reading.files import find_files
from whet.data.reading.lines import MAX_LINE_BYTES
from whet.data.reading.tables import FileRows
from whet.errors import DataError
from whet.findings import Severity
from whet.migration.datasets import DataSet
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Loaded:
    """A data set with its rows; without files it has none."""

    data: DataSet
    reading: Reading | None

    @property
    def examples(self) -> list[Example]:
        """The rows, in the order of the files."""
        return self.reading.examples if self.reading else []


def load_datasets(sets: Sequence[DataSet]) -> list[Loaded]:
    """Every set with its rows.

    Raises:
        DataError: rows that cannot be read; a project is not made from part of them.
    """
    return [Loaded(data, _read(data) if data.files else None) for data in sets]


def _read(data: DataSet) -> Reading:
    if data.turn_keys is None:
        reading = read(data.files, data.columns, roles=data.roles)
    else:
        with tempfile.TemporaryDirectory() as folder:
            renamed = [_with_our_keys(data, file, Path(folder)) for file in data.files]
            reading = read(renamed, data.columns, roles=data.roles)
    faults = [str(f) for f in reading.findings if f.severity is Severity.ERROR]
    if faults:
        names = ", ".join(str(file) for file in data.files)
        raise DataError([*faults, f"Mend it, then begin again. All of it: whet check {names}"])
    return reading


def _with_our_keys(data: DataSet, file: Path, folder: Path) -> Path:
    """A copy of the file whose turns say role and content."""
    rows = FileRows(find_files([file]).files[0], MAX_LINE_BYTES)
    faults = [str(f) for f in rows.table.faults.findings if f.severity is Severity.ERROR]
    if faults:
        raise DataError(faults)
    copy = folder / f"{file.stem}.jsonl"
    column = data.columns.get("messages")
    with copy.open("w", encoding="utf-8") as stream:
        for row in rows:
            values = dict(row.values)
            for name in (column,) if column else ("messages", "conversations"):
                values = _renamed(values, name, data)
            stream.write(json.dumps(values, ensure_ascii=False) + "\n")
    return copy


def _renamed(values: dict[str, object], column: str, data: DataSet) -> dict[str, object]:
    turns = values.get(column)
    assert data.turn_keys is not None
    names = dict(zip(data.turn_keys, ("role", "content"), strict=True))
    if not isinstance(turns, list):
        return values
    ours = [{names.get(k, k): v for k, v in t.items()} if isinstance(t, dict) else t for t in turns]
    return {**values, column: ours}


@dataclass(frozen=True, slots=True)
class Placed:
    """The files of the new project's data, and how they are read there."""

    train: list[str]
    validation: list[str]
    columns: dict[str, str]
    roles: dict[str, str]
    notes: list[str]


def place_datasets(loaded: Sequence[Loaded], folder: Path) -> Placed:
    """Copies the files into `folder/data`.

    Sets that agree on columns and roles are copied as they are; where they do not, or where turns
    have keys that whet does not know, each is written in canonical form, and it is said.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    present = [one for one in loaded if one.reading is not None]
    ways = {(tuple(one.data.columns.items()), tuple(one.data.roles.items())) for one in present}
    convert = len(ways) > 1 or any(one.data.turn_keys for one in present)
    placed = Placed([], [], {}, {}, [])
    taken: set[str] = set()
    for one in present:
        names = _written(one, folder, taken) if convert else _copied(one, folder, taken)
        (placed.train if one.data.split == "train" else placed.validation).extend(names)
    if convert:
        placed.notes.append("The data sets were written as messages, without further columns: they"
                            " name their columns or turns in different ways.")  # fmt: skip
    elif present:
        placed.columns.update(present[0].data.columns)
        placed.roles.update(present[0].data.roles)
    return placed


def _copied(one: Loaded, folder: Path, taken: set[str]) -> Iterator[str]:
    for file in one.data.files:
        name = _free(file.name, taken)
        shutil.copyfile(file, folder / "data" / name)
        yield f"data/{name}"


def _written(one: Loaded, folder: Path, taken: set[str]) -> Iterator[str]:
    name = _free(f"{one.data.files[0].name.partition('.')[0]}.jsonl", taken)
    with (folder / "data" / name).open("w", encoding="utf-8") as stream:
        for example in one.examples:
            row: dict[str, object] = {"messages": list(example.messages)}
            if example.tools:
                row["tools"] = list(example.tools)
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    yield f"data/{name}"


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{number}-{name}"
    taken.add(free)
    return free
