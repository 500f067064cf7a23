"""Rows of JSONL and JSON files.

The content decides, not the suffix: a file that begins with `[` is a list, a `.json` file of
several objects one after the other is JSONL. A list may stand alone or under one key of an
object, as in {"data": [...]}; its elements are decoded one by one, so that each knows its line.
"""

from __future__ import annotations

import json

from whet.data.places import listed, printable
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.lines import BrokenFile, read_document, read_lines
from whet.data.reading.rows import Table
from whet.data.reading.strict_json import InvalidJSON, parse, parse_at, skip_space
from whet.findings import Kind

_MEND = "Mend or remove the row."


def read_jsonl(file: DataFile, table: Table, max_line_bytes: int) -> None:
    """One object a line; a broken line does not stop the reading of the others."""
    table.kind = "JSONL"
    for line in read_lines(file, table.faults, max_line_bytes):
        if line.text is None:
            table.set_aside(line.number, "")
        elif not line.text.strip(" \t\r"):
            table.num_blank += 1
        else:
            _add_line(table, line.number, line.text)


def _add_line(table: Table, number: int, text: str) -> None:
    try:
        value = parse(text)
    except InvalidJSON as error:
        _refuse(table, number, text, error, f"invalid JSON at column {error.position + 1}: ")
        return
    table.add(number, value)


def _refuse(table: Table, line: int, text: str, error: InvalidJSON, prefix: str) -> None:
    for fault in error.faults:
        if fault.field:
            key = printable(fault.field)
            table.faults.error(Kind.VALUE, fault.message, _MEND, line=line, field=key)
        else:
            table.faults.error(Kind.SYNTAX, prefix + fault.message, _MEND, line=line)
    table.set_aside(line, text)


def is_json_document(file: DataFile, faults: Faults) -> bool:
    """Whether a JSON or JSONL file is one list or object rather than an object a line."""
    head = file.head().decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if head.startswith("["):
        return True
    if file.kind == "jsonl" or not head.startswith("{"):
        return False
    first, _, rest = head.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    if not rest.strip():
        return True
    faults.note(Kind.WRAPPER, "holds an object a line and was read as JSONL.")
    return False


def _row_list(value: dict[str, object]) -> str | None:
    lists = [key for key, item in value.items() if _holds_rows(item)]
    named = [key for key in lists if key in _ROW_KEYS]
    return named[0] if named else None


def _holds_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value[:3])


_ROW_KEYS = ("data", "train", "rows", "examples", "instances", "validation", "test")


def read_json(file: DataFile, table: Table, max_line_bytes: int) -> None:
    """The elements of a list, or of the one list in an object."""
    table.kind = "JSON"
    text = read_document(file, table.faults)
    scanner = _Scanner(text, table, max_line_bytes)
    start = skip_space(text, 0)
    if text[start : start + 1] == "[":
        scanner.expect_end(scanner.read_list(start))
    elif start < len(text):
        scanner.read_wrapper(start)


class _Scanner:
    """Walks a JSON document element by element and knows the line it is on."""

    def __init__(self, text: str, table: Table, max_line_bytes: int) -> None:
        self.text = text
        self.table = table
        self.max_bytes = max_line_bytes
        self._newline = "\n" if "\n" in text else "\r"
        self._counted_to, self._line = 0, 1

    def line_at(self, position: int) -> int:
        """The line of a position; positions have to be asked for in rising order."""
        if position < self._counted_to:
            return self.text.count(self._newline, 0, position) + 1
        self._line += self.text.count(self._newline, self._counted_to, position)
        self._counted_to = position
        return self._line

    def read_list(self, start: int) -> int:
        """Adds every element of the list that begins at `start`; returns where the list ends."""
        position = skip_space(self.text, start + 1)
        if self.text[position : position + 1] == "]":
            return position + 1
        while True:
            position = self._element(position)
            mark = self.text[position : position + 1]
            if mark == "]":
                return position + 1
            if mark != ",":
                self._stop(position, "expecting ',' or ']' after a row")
            position = skip_space(self.text, position + 1)

    def read_wrapper(self, start: int) -> None:
        """Adds the rows of an object with one list of rows, or the object as the only row."""
        line = self.line_at(start)
        value, end = self._decode(start)
        if skip_space(self.text, end) != len(self.text):
            rule = "If it holds an object a line, name it .jsonl"
            self._stop(end, f"there is more after the object. {rule}")
        key = _row_list(value) if isinstance(value, dict) else None
        if key is None:
            self.table.add(line, value)
            return
        assert isinstance(value, dict)
        others = [name for name, item in value.items() if name != key and _holds_rows(item)]
        if others:
            names = listed([key, *others])
            self._fail(line, f"holds several lists of rows ({names}).", "Save each as a file.")
        self._wrapped(start, key)

    def expect_end(self, end: int) -> None:
        """Refuses a document that goes on after its value.

        Raises:
            BrokenFile: it does.
        """
        if skip_space(self.text, end) != len(self.text):
            self._stop(end, "there is more after the list")

    def _wrapped(self, start: int, key: str) -> None:
        self.table.faults.note(Kind.WRAPPER, f"the rows are the list under {key!r}.")
        position = skip_space(self.text, start + 1)
        while True:
            name, position = parse_at(self.text, position)
            position = skip_space(self.text, skip_space(self.text, position) + 1)
            if name == key:
                self.read_list(position)
                return
            _, position = parse_at(self.text, position)
            position = skip_space(self.text, skip_space(self.text, position) + 1)

    def _element(self, position: int) -> int:
        line = self.line_at(position)
        try:
            value, end = parse_at(self.text, position)
        except InvalidJSON as error:
            if not error.faults[0].field:
                self._invalid(error)
            end = _end_of_value(self.text, position)
            _refuse(self.table, line, self.text[position:end], error, "")
            return skip_space(self.text, end)
        self._add(line, position, end, value)
        return skip_space(self.text, end)

    def _add(self, line: int, start: int, end: int, value: object) -> None:
        if end - start > self.max_bytes:
            message = f"the row is longer than {self.max_bytes} bytes."
            self.table.refuse(line, self.text[start:end], Kind.TOO_LARGE, message, _MEND)
        else:
            self.table.add(line, value)

    def _decode(self, start: int) -> tuple[object, int]:
        try:
            return parse_at(self.text, start)
        except InvalidJSON as error:
            if not error.faults[0].field:
                self._invalid(error)
            _refuse(self.table, self.line_at(start), "", error, "")
            raise BrokenFile from None

    def _invalid(self, error: InvalidJSON) -> None:
        self._stop(error.position, error.faults[0].message.removesuffix("."))

    def _stop(self, position: int, message: str) -> None:
        column = position - self.text.rfind(self._newline, 0, position)
        line = self.text.count(self._newline, 0, position) + 1
        self._fail(line, f"invalid JSON at column {column}: {message}.", "Mend the file.")

    def _fail(self, line: int, message: str, remedy: str) -> None:
        self.table.faults.error(Kind.SYNTAX, message, remedy, line=line)
        raise BrokenFile


def _end_of_value(text: str, start: int) -> int:
    """Where a value ends that was refused for what it holds."""
    return json.JSONDecoder(parse_int=str).raw_decode(text, start)[1]
