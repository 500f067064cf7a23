"""Rows of Parquet and Arrow files and of hub data sets: columns in batches.

Needs pyarrow, which is imported only here and only when called. Dates become ISO text, decimals
text, and NaN null, which is how pandas writes a missing number. `Row.line` is the row's number
from 1. A batch is in memory at a time; every batch is decoded before the first row is used,
because the whole file is scanned first (see `tables`).
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Iterable, Iterator
from typing import Any

from whet.data.places import listed, printable
from whet.data.reading.files import DataFile
from whet.data.reading.hub import fetched_rows, unreachable
from whet.data.reading.lines import BrokenFile
from whet.data.reading.rows import Row, Table
from whet.data.reading.strict_json import faults_in
from whet.errors import MissingExtraError
from whet.findings import Kind

_BATCH_ROWS = 1000
_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def read_parquet(file: DataFile, table: Table, max_row_chars: int) -> Iterator[Row]:
    """Every row, by row groups.

    Raises:
        BrokenFile: the file is damaged, or a column name appears twice.
        MissingExtraError: pyarrow is not installed.
    """
    table.kind = "Parquet"
    return _rows(_parquet_rows(file, table), file, table, max_row_chars)


def read_arrow(file: DataFile, table: Table, max_row_chars: int) -> Iterator[Row]:
    """Every row of an Arrow IPC file (Feather) or stream, as `datasets` writes it.

    Arrow keeps no checksum: offsets, lengths and text are checked, a changed letter is not seen.

    Raises:
        BrokenFile: the file is damaged, or a column name appears twice.
        MissingExtraError: pyarrow is not installed.
    """
    table.kind = "Arrow"
    return _rows(_arrow_rows(file, table), file, table, max_row_chars)


def read_hub(file: DataFile, table: Table, max_row_chars: int) -> Iterator[Row]:
    """Every row of a data set of the hub, fetched through `datasets`; that it was is noted.

    Raises:
        BrokenFile: it cannot be fetched.
        MissingExtraError: `datasets` is not installed.
    """
    table.kind = "data set of the hub"
    message = "is no local path; fetched from the Hugging Face hub, or taken from its cache."
    table.faults.note(Kind.GUESSED, message)
    try:
        yield from _plain_rows(fetched_rows(file.name), table, max_row_chars)
    except (OSError, ValueError, RuntimeError) as error:
        reason = unreachable(file.name, error).removeprefix(f"{file.name}: ")
        table.faults.error(Kind.UNREADABLE, reason)
        raise BrokenFile from None


def _rows(
    values: Iterable[dict[str, Any]], file: DataFile, table: Table, max_row_chars: int
) -> Iterator[Row]:
    try:
        import pyarrow as arrow
    except ImportError:
        raise MissingExtraError("pyarrow", "data", f"Reading {file.name}") from None
    try:
        yield from _plain_rows(values, table, max_row_chars)
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = printable(str(error).split("\n")[0], 120).rstrip(".")
        message = (
            f"the {table.kind} file is damaged or of an unknown kind ({reason}); no row was used."
        )
        table.faults.error(Kind.DAMAGED, message, "Write or fetch the file again.")
        raise BrokenFile from None


def _parquet_rows(file: DataFile, table: Table) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    with parquet.ParquetFile(file.path, page_checksum_verification=True) as source:
        _refuse_doubles(source.schema_arrow.names, table)
        for batch in source.iter_batches(_BATCH_ROWS, use_threads=False):
            yield from batch.to_pylist()


def _arrow_rows(file: DataFile, table: Table) -> Iterator[dict[str, Any]]:
    import pyarrow as arrow

    with arrow.OSFile(str(file.path)) as source:
        if source.read(6) == b"ARROW1":
            reader = arrow.ipc.open_file(source)
            batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            _require_end(source)
            reader = arrow.ipc.open_stream(source)
            batches = iter(reader)
        _refuse_doubles(reader.schema.names, table)
        for batch in batches:
            batch.validate(full=True)
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                yield from batch.slice(start, _BATCH_ROWS).to_pylist()


def _require_end(source: Any) -> None:
    """A stream that is cut between two batches still reads; only its last bytes tell.

    Raises:
        ValueError: the mark is not there.
    """
    source.seek(max(0, source.size() - len(_END_OF_STREAM)))
    if source.read() != _END_OF_STREAM:
        raise ValueError("it does not end with the mark of an Arrow file or stream")
    source.seek(0)


def _plain_rows(rows: Iterable[dict[str, Any]], table: Table, max_row_chars: int) -> Iterator[Row]:
    for number, values in enumerate(rows, start=1):
        plain = {name: _plain(value) for name, value in values.items()}
        size = num_chars(plain)
        if size > max_row_chars:
            message = f"the row is longer than {max_row_chars} bytes."
            table.refuse(number, str(values)[:80], Kind.TOO_LARGE, message, "Split or remove it.")
            continue
        faults = list(faults_in(plain))
        for fault in faults:
            key = printable(fault.field)
            table.faults.error(Kind.VALUE, fault.message, "Mend it.", line=number, field=key)
        if faults:
            table.set_aside(number, str(values))
        elif (row := table.accept(number, plain, size)) is not None:
            yield row


def _refuse_doubles(names: list[str], table: Table) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"has the column {listed(twice)} more than once."
        table.faults.error(Kind.HEADER, message, "Rename the columns.")
        raise BrokenFile


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    return value


def num_chars(value: Any) -> int:
    """How much text a value holds; a number counts as eight characters."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + num_chars(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(num_chars, value))
    return 8
