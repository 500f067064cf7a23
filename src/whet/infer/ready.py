"""Answers that somebody else produced, from a file, set beside the test items they belong to.

predictions.jsonl   {"id": "...", "answer": "..."}      matched by id
                    {"input": "...", "output": "..."}   matched by the question's text
                    {"answer": "..."}  or  "..."        in the order of the items
predictions.csv     the same columns
predictions.txt     one answer a line, in the order of the items
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.data.reading.csv_rows import field_limit
from whet.errors import DataError
from whet.types import Example

ID_FIELDS = ("id",)
INPUT_FIELDS = ("input", "question", "prompt", "text")
ANSWER_FIELDS = ("answer", "output", "prediction", "completion", "response")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    answer: str
    id: str | None = None
    input: str | None = None


def load_answers(path: Path, examples: Sequence[Example]) -> list[str]:
    """The answer to each example, in the examples' order.

    Raises:
        DataError: every line that is no answer, and every missing, surplus or doubled item.
    """
    rows, faults = _read(path)
    if faults:
        raise DataError(faults)
    has_id, has_input = (sum(getattr(row, f) is not None for row in rows) for f in ("id", "input"))
    if rows and has_id == len(rows):
        answers, faults = _by_name(path, rows, examples, "id", _ids)
    elif rows and has_input == len(rows):
        answers, faults = _by_name(path, rows, examples, "input", lambda e: (e.question,))
    elif has_id or has_input:
        mixed = "some rows name their item (id or input) and some do not; name all or none."
        raise DataError(f"{path}: {mixed}")
    else:
        answers, faults = _in_order(path, rows, examples)
    if faults:
        raise DataError(faults)
    return answers


def _ids(example: Example) -> tuple[str, ...]:
    own = example.fields.get("id")
    return (example.id,) if own is None else (example.id, str(own))


def _by_name(
    path: Path,
    rows: Sequence[_Row],
    examples: Sequence[Example],
    field: str,
    names_of: Callable[[Example], Sequence[str]],
) -> tuple[list[str], list[str]]:
    faults: list[str] = []
    owner: dict[str, int] = {}
    for index, example in enumerate(examples):
        for name in names_of(example):
            if owner.setdefault(name, index) != index:
                first = examples[owner[name]].source
                faults.append(
                    f"{path}: the items {first} and {example.source} have the same {field} "
                    f"{_short(name)}, so it names neither. Give every row an 'id'."
                )
    found: dict[int, _Row] = {}
    for row in rows:
        name = str(getattr(row, field))
        if name not in owner:
            faults.append(f"{path}:{row.line}: {field}: no test item has {_short(name)}.")
        elif owner[name] in found:
            line = found[owner[name]].line
            faults.append(
                f"{path}:{row.line}: {field}: {_short(name)} has an answer in line {line}."
            )
        else:
            found[owner[name]] = row
    faults += [
        f"{path}: no answer for the item {example.source} (id {example.id}): "
        f"{_short(example.question)}."
        for index, example in enumerate(examples)
        if index not in found
    ]
    return [found[i].answer for i in range(len(examples)) if i in found], faults


def _in_order(
    path: Path, rows: Sequence[_Row], examples: Sequence[Example]
) -> tuple[list[str], list[str]]:
    if len(rows) != len(examples):
        counts = f"{len(rows):,} answers for {len(examples):,} test items"
        remedy = "Give one answer for each item, or an 'id' or 'input' in every row."
        return [], [f"{path}: {counts}, and no id or input to match them by. {remedy}"]
    return [row.answer for row in rows], []


def _read(path: Path) -> tuple[list[_Row], list[str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 at byte {error.start:,}.") from None
    readers = {".jsonl": _jsonl, ".csv": _csv, ".txt": _txt}
    if path.suffix not in readers:
        raise DataError(f"{path}: no known kind of file; expected .jsonl, .csv or .txt.")
    rows, faults = [], []
    for line, value in readers[path.suffix](text):
        row = _row(line, value)
        if isinstance(row, str):
            faults.append(f"{path}:{line}: {row}")
        else:
            rows.append(row)
    return rows, faults


def _txt(text: str) -> list[tuple[int, Any]]:
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return list(enumerate(lines, start=1))


def _jsonl(text: str) -> list[tuple[int, Any]]:
    rows: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                rows.append((number, json.loads(line)))
            except ValueError as error:
                rows.append((number, error))
    return rows


def _csv(text: str) -> list[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    with field_limit(len(text) + 1):
        return [(reader.line_num, row) for row in reader]


def _row(line: int, value: Any) -> _Row | str:
    """The row, or what is wrong with it."""
    if isinstance(value, ValueError):
        return f"is no JSON: {value}"
    if isinstance(value, str):
        return _Row(line, value)
    if not isinstance(value, dict):
        return f"expected an object or a string, found {type(value).__name__}."
    answer_field = next((f for f in ANSWER_FIELDS if f in value), None)
    if answer_field is None:
        fields = ", ".join(map(str, value)) or "none"
        return f"no answer; expected one of {', '.join(ANSWER_FIELDS)}, found fields {fields}."
    answer = value[answer_field]
    if not isinstance(answer, str):
        return f"{answer_field}: expected a text, found {type(answer).__name__}."
    names = [
        next((str(value[f]) for f in fields if value.get(f) is not None), None)
        for fields in (ID_FIELDS, INPUT_FIELDS)
    ]
    return _Row(line, answer, *names)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 60 else flat[:57] + "...")
