"""One file to one table of rows, by the kind of file it is."""

from __future__ import annotations

import zlib

from whet.data.reading.csv_rows import read_csv
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.json_rows import is_json_document, read_json, read_jsonl
from whet.data.reading.lines import BrokenFile
from whet.data.reading.parquet_rows import read_parquet
from whet.data.reading.rows import Table
from whet.findings import Kind


def read_table(file: DataFile, max_line_bytes: int) -> Table:
    """Every row of the file, with what is wrong in it; no rows where the file is damaged."""
    table = Table(Faults(file.name))
    try:
        _read(file, table, max_line_bytes)
    except BrokenFile:
        table.clear()
        return table
    if table.num_blank:
        table.faults.note(Kind.BLANK_LINES, f"{table.num_blank} blank lines were passed over.")
    if not table.rows and not table.broken:
        _refuse_empty(file, table)
    return table


def _read(file: DataFile, table: Table, max_line_bytes: int) -> None:
    if file.kind == "parquet":
        read_parquet(file, table)
    elif file.kind in ("csv", "tsv"):
        read_csv(file, table, max_line_bytes)
    elif _is_document(file, table):
        read_json(file, table, max_line_bytes)
    else:
        read_jsonl(file, table, max_line_bytes)


def _is_document(file: DataFile, table: Table) -> bool:
    """Recognition of a damaged .gz is left to the reader, which names the damage."""
    try:
        return is_json_document(file, table.faults)
    except (OSError, EOFError, zlib.error):
        return False


def _refuse_empty(file: DataFile, table: Table) -> None:
    header_only = file.kind in ("csv", "tsv") and file.num_bytes_on_disk > 0
    what = "has a header but no rows." if header_only else "holds no rows."
    table.faults.error(Kind.EMPTY, what, "Add rows, or do not name the file.")
