"""One file to its rows, by the kind of file it is.

A file is scanned to its end before any row of it is used: only then are all its columns known,
and that it is not damaged. Rows that fit are kept from that scan; a larger file is scanned a
second time, so that memory does not grow with it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

from whet.data.reading.arrow_rows import read_arrow, read_hub, read_parquet
from whet.data.reading.csv_rows import read_csv
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.json_rows import is_json_document, read_json, read_jsonl
from whet.data.reading.lines import BrokenFile
from whet.data.reading.packed import damage_errors
from whet.data.reading.rows import Row, Table
from whet.data.reading.text_rows import read_text
from whet.errors import DataError
from whet.findings import Kind


class FileRows:
    """The rows of a file; to be iterated once, when `table` says what is in it.

    `table` holds everything that is wrong with the file, and no rows where it is damaged.
    """

    def __init__(
        self, file: DataFile, max_line_bytes: int, max_kept_chars: float = math.inf
    ) -> None:
        self.file, self.max_line_bytes = file, max_line_bytes
        self._stamp, self._given = _stamp(file), False
        self.table = Table(Faults(file.name), max_kept_chars)
        try:
            for row in scan(file, self.table, max_line_bytes):
                self.table.keep(row)
        except BrokenFile:
            self.table.clear()
            return
        self._tell()

    def __iter__(self) -> Iterator[Row]:
        """Every row.

        Raises:
            DataError: the file had to be read again, and has changed.
        """
        if self.table.rows is not None:
            assert not self._given, "rows are given out once"
            self._given, rows = True, self.table.rows
            rows.reverse()
            while rows:  # each is let go: a million rows as read are 1.1 GB
                yield rows.pop()
            return
        num_rows = 0
        again = Table(Faults(self.file.name))
        try:
            for row in scan(self.file, again, self.max_line_bytes):
                num_rows += 1
                yield row
        except BrokenFile:
            num_rows = -1
        if num_rows != self.table.num_rows or _stamp(self.file) != self._stamp:
            raise DataError(f"{self.file.name}: changed while it was read. Read it again.")

    def _tell(self) -> None:
        table = self.table
        if table.num_blank:
            note = f"{table.num_blank} blank lines were passed over."
            table.faults.note(Kind.BLANK_LINES, note)
        if not table.num_rows and not table.broken:
            _refuse_empty(self.file, table)


def scan(file: DataFile, table: Table, max_line_bytes: int) -> Iterator[Row]:
    """The rows one after the other; what is wrong goes to the table.

    Raises:
        BrokenFile: the file is damaged; rows that came before must not be used.
        MissingExtraError: a package that reads such files is not installed.
    """
    if file.kind == "parquet":
        return read_parquet(file, table, max_line_bytes)
    if file.kind == "arrow":
        return read_arrow(file, table, max_line_bytes)
    if file.kind == "hub":
        return read_hub(file, table, max_line_bytes)
    if file.kind in ("csv", "tsv"):
        return read_csv(file, table, max_line_bytes)
    if file.kind == "txt":
        return read_text(file, table, max_line_bytes)
    reader = read_json if _is_document(file, table) else read_jsonl
    return reader(file, table, max_line_bytes)


def _is_document(file: DataFile, table: Table) -> bool:
    """Recognition of a damaged packed file is left to the reader, which names the damage."""
    try:
        return is_json_document(file, table.faults)
    except OSError:
        return False
    except damage_errors():
        return False


def _stamp(file: DataFile) -> tuple[int, int]:
    """Size and time of the last change; zeros for what is no file."""
    try:
        found = os.stat(file.path)
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _refuse_empty(file: DataFile, table: Table) -> None:
    header_only = file.kind in ("csv", "tsv") and file.num_bytes_on_disk > 0
    what = "has a header but no rows." if header_only else "holds no rows."
    table.faults.error(Kind.EMPTY, what, "Add rows, or do not name the file.")
