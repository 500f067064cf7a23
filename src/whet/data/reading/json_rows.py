"""Rows of JSONL and JSON files.

The content decides, not the suffix: a file that begins with `[` is a list, a `.json` file of
several objects one after the other is JSONL. A list may stand alone or under one key of an
object, as in {"data": [...]}; its elements are decoded one by one, so that each knows its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NoReturn

from whet.data.places import listed, printable
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.lines import BrokenFile, read_document, read_lines
from whet.data.reading.quotes import STRAIGHTEN
from whet.data.reading.rows import Row, Table
from whet.data.reading.strict_json import InvalidJSON, parse, parse_at, skip_space
from whet.data.reading.wrappers import PAIRS, holds_pairs, holds_rows, is_pair, row_list
from whet.findings import Kind

_MEND = "Mend or remove the row."


def read_jsonl(file: DataFile, table: Table, max_line_bytes: int) -> Iterator[Row]:
    """One object a line; a broken line does not stop the reading of the others."""
    table.kind = "JSONL"
    for line in read_lines(file, table.faults, max_line_bytes):
        if line.text is None:
            table.set_aside(line.number, "")
        elif not line.text.strip(" \t\r"):
            table.num_blank += 1
        elif (row := _line_row(table, line.number, line.text)) is not None:
            yield row


def _line_row(table: Table, number: int, text: str) -> Row | None:
    try:
        value = parse(text)
    except InvalidJSON as error:
        _refuse(table, number, text, error, f"invalid JSON at column {error.position + 1}: ")
        return None
    return table.accept(number, value, len(text))


def _refuse(table: Table, line: int, text: str, error: InvalidJSON, prefix: str) -> None:
    for fault in error.faults:
        if fault.field:
            key = printable(fault.field)
            table.faults.error(Kind.VALUE, fault.message, _MEND, line=line, field=key)
        elif fault.is_typographic:
            message = prefix + fault.message
            table.faults.error(Kind.TYPOGRAPHIC_QUOTES, message, STRAIGHTEN, line=line)
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


def read_json(file: DataFile, table: Table, max_line_bytes: int) -> Iterator[Row]:
    """The elements of a list, or of the one list in an object."""
    table.kind = "JSON"
    text = read_document(file, table.faults)
    scanner = _Scanner(text, table, max_line_bytes)
    start = skip_space(text, 0)
    if text[start : start + 1] == "[":
        yield from scanner.list_rows(start)
        scanner.expect_end()
    elif start < len(text):
        yield from scanner.wrapped_rows(start)


class _Scanner:
    """Walks a JSON document element by element and knows the line it is on."""

    def __init__(self, text: str, table: Table, max_line_bytes: int) -> None:
        self.text = text
        self.table = table
        self.max_bytes = max_line_bytes
        self._position = 0
        self._newline = "\n" if "\n" in text else "\r"
        self._counted_to, self._line = 0, 1

    def line_at(self, position: int) -> int:
        """The line of a position; positions have to be asked for in rising order."""
        if position < self._counted_to:
            return self.text.count(self._newline, 0, position) + 1
        self._line += self.text.count(self._newline, self._counted_to, position)
        self._counted_to = position
        return self._line

    def list_rows(self, start: int, split: str | None = None) -> Iterator[Row]:
        """Every element of the list that begins at `start`; with a `split` they are pairs."""
        self._position = skip_space(self.text, start + 1)
        if self.text[self._position : self._position + 1] == "]":
            self._position += 1
            return
        while True:
            row = self._element(split)
            if row is not None:
                yield row
            mark = self.text[self._position : self._position + 1]
            if mark not in ("]", ","):
                self._stop(self._position, "expecting ',' or ']' after a row")
            self._position += 1
            if mark == "]":
                return
            self._position = skip_space(self.text, self._position)

    def wrapped_rows(self, start: int) -> Iterator[Row]:
        """The rows of an object that holds a list of rows, or pairs; or the object as a row."""
        line = self.line_at(start)
        value, end = self._decode(start)
        if skip_space(self.text, end) != len(self.text):
            rule = "If it holds an object a line, name it .jsonl"
            self._stop(end, f"there is more after the object. {rule}")
        key = row_list(value) if isinstance(value, dict) else None
        if isinstance(value, dict) and holds_pairs(value):
            self.table.faults.note(Kind.WRAPPER, PAIRS.format(listed(list(value))))
            yield from self._lists_under(start, list(value), pairs=True)
        elif key is None:
            row = self.table.accept(line, value, end - start)
            yield from [row] if row is not None else []
        else:
            assert isinstance(value, dict)
            others = [name for name, item in value.items() if name != key and holds_rows(item)]
            if others:
                names = listed([key, *others])
                self._fail(line, f"holds several lists of rows ({names}).", "Save each as a file.")
            self.table.faults.note(Kind.WRAPPER, f"the rows are the list under {key!r}.")
            yield from self._lists_under(start, [key], pairs=False)

    def expect_end(self) -> None:
        """Refuses a document that goes on after its list.

        Raises:
            BrokenFile: it does.
        """
        if skip_space(self.text, self._position) != len(self.text):
            self._stop(self._position, "there is more after the list")

    def _lists_under(self, start: int, keys: list[str], pairs: bool) -> Iterator[Row]:
        """The elements under `keys` of an object that was decoded once already."""
        position = skip_space(self.text, start + 1)
        while self.text[position] != "}":
            name, position = parse_at(self.text, position)
            position = skip_space(self.text, skip_space(self.text, position) + 1)
            if name in keys:
                yield from self.list_rows(position, name if pairs else None)
                position = self._position
            else:
                _, position = parse_at(self.text, position)
            position = skip_space(self.text, position)
            if self.text[position] == ",":
                position = skip_space(self.text, position + 1)

    def _element(self, split: str | None) -> Row | None:
        """The row at the current position, which moves behind it."""
        start = self._position
        line = self.line_at(start)
        try:
            value, end = parse_at(self.text, start)
        except InvalidJSON as error:
            if not error.faults[0].field:
                self._invalid(error)
            _refuse(self.table, line, self.text[start : _end_of_value(self.text, start)], error, "")
            self._position = skip_space(self.text, _end_of_value(self.text, start))
            return None
        self._position = skip_space(self.text, end)
        if end - start > self.max_bytes:
            message = f"the row is longer than {self.max_bytes} bytes."
            self.table.refuse(line, self.text[start:end], Kind.TOO_LARGE, message, _MEND)
            return None
        if split is not None and is_pair(value):
            value = {"input": value[0], "output": value[1], "split": split}
        return self.table.accept(line, value, end - start)

    def _decode(self, start: int) -> tuple[object, int]:
        try:
            return parse_at(self.text, start)
        except InvalidJSON as error:
            if not error.faults[0].field:
                self._invalid(error)
            _refuse(self.table, self.line_at(start), "", error, "")
            raise BrokenFile from None

    def _invalid(self, error: InvalidJSON) -> NoReturn:
        fault = error.faults[0]
        kind = Kind.TYPOGRAPHIC_QUOTES if fault.is_typographic else Kind.SYNTAX
        self._stop(error.position, fault.message.removesuffix("."), kind)

    def _stop(self, position: int, message: str, kind: Kind = Kind.SYNTAX) -> NoReturn:
        column = position - self.text.rfind(self._newline, 0, position)
        line = self.text.count(self._newline, 0, position) + 1
        remedy = STRAIGHTEN if kind is Kind.TYPOGRAPHIC_QUOTES else "Mend the file."
        self._fail(line, f"invalid JSON at column {column}: {message}.", remedy, kind)

    def _fail(self, line: int, message: str, remedy: str, kind: Kind = Kind.SYNTAX) -> NoReturn:
        self.table.faults.error(kind, message, remedy, line=line)
        raise BrokenFile


def _end_of_value(text: str, start: int) -> int:
    """Where a value ends that was refused for what it holds."""
    return json.JSONDecoder(parse_int=str).raw_decode(text, start)[1]
