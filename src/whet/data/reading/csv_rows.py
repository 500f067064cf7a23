"""Rows of CSV and TSV files, as spreadsheets and pandas write them.

The delimiter is the most frequent of comma, semicolon and tab in the header, or what Excel's
`sep=;` line says. A quoted field may span lines; line ends inside it become LF, so that a file
saved on Windows holds the same rows. Every value is text, an empty field is empty text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager

from whet.data.places import listed, printable
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.lines import BrokenFile, Line, read_lines
from whet.data.reading.rows import Row, Table
from whet.findings import Kind

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_QUOTED = re.compile(r'"[^"]*"')


def read_csv(file: DataFile, table: Table, max_line_bytes: int) -> Iterator[Row]:
    """One row a record, named by the header.

    Raises:
        BrokenFile: the header is unusable, or quotes went wrong and later rows cannot be trusted.
    """
    lines = read_lines(file, table.faults, max_line_bytes)
    first = next(lines, None)
    if first is None:
        table.kind = "CSV"
        return
    delimiter, first = _delimiter(file, first, lines)
    table.kind = "TSV" if delimiter == "\t" else f"CSV with {_DELIMITERS.get(delimiter, delimiter)}"
    records = _Records(first, lines, delimiter)
    with field_limit(max_line_bytes):
        try:
            yield from _rows(records, table, delimiter)
        except csv.Error as error:
            _stop(table.faults, records.line, str(error))


def _delimiter(file: DataFile, first: Line, lines: Iterator[Line]) -> tuple[str, Line]:
    text = first.text or ""
    if re.fullmatch(r"sep=.", text):
        return text[-1], next(lines, Line(first.number, ""))
    if file.kind == "tsv":
        return "\t", first
    bare = _QUOTED.sub("", text)
    return max(_DELIMITERS, key=bare.count), first


class _Records:
    """Feeds lines to the csv reader and knows where the current record began."""

    def __init__(self, first: Line, lines: Iterator[Line], delimiter: str) -> None:
        self.line = first.number
        self._next, self._lines = first, lines
        self._last = first.number - 1
        self._reader = csv.reader(self._feed(), delimiter=delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        line: Line | None = self._next
        while line is not None:
            if line.text is None:
                raise BrokenFile
            self._last = line.number
            yield line.text + "\n"
            line = next(self._lines, None)

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            self.line = self._last + 1
            try:
                yield next(self._reader)
            except StopIteration:
                return


def _rows(records: _Records, table: Table, delimiter: str) -> Iterator[Row]:
    header: list[str] | None = None
    for record in records:
        if not record:
            table.num_blank += 1
        elif header is None:
            header = _header(record, table.faults, records.line)
        elif len(record) != len(header):
            _refuse_width(table, records.line, record, header, delimiter)
        else:
            values = dict(zip(header, record, strict=True))
            row = table.accept(records.line, values, sum(map(len, record)))
            yield from [row] if row is not None else []


def _header(record: list[str], faults: Faults, line: int) -> list[str]:
    names = [name.strip() for name in record]
    for index, name in enumerate(names):
        if not name:
            names[index] = f"column_{index + 1}"
            faults.note(
                Kind.HEADER, f"column {index + 1} has no name and is called {names[index]}."
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"the header names {listed(twice)} more than once."
        faults.error(Kind.HEADER, message, "Rename the columns.", line=line)
        raise BrokenFile
    return names


def _refuse_width(
    table: Table, line: int, record: list[str], header: list[str], delimiter: str
) -> None:
    name = _DELIMITERS.get(delimiter, delimiter)
    message = f"the row has {len(record)} fields, the header has {len(header)} ({listed(header)})."
    remedy = f"Put a field that holds a {name} or a quote in double quotes."
    table.refuse(line, delimiter.join(record), Kind.FIELDS, message, remedy)


def _stop(faults: Faults, line: int, reason: str) -> None:
    message = f"invalid CSV in the row that begins here: {printable(reason)}."
    remedy = "Double every quote inside a quoted field and close each; later rows were not read."
    faults.error(Kind.SYNTAX, message, remedy, line=line)
    raise BrokenFile


@contextmanager
def field_limit(num_chars: int) -> Iterator[None]:
    """The csv module's limit is one for the process; it is put back afterwards."""
    before = csv.field_size_limit(num_chars)
    try:
        yield
    finally:
        csv.field_size_limit(before)
