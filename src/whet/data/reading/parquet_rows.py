"""Rows of Parquet files. Needs pyarrow, which is imported only here and only when called."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

from whet.data.places import listed, printable
from whet.data.reading.files import DataFile
from whet.data.reading.lines import BrokenFile
from whet.data.reading.rows import Table
from whet.data.reading.strict_json import faults_in
from whet.errors import MissingExtraError
from whet.findings import Kind


def read_parquet(file: DataFile, table: Table) -> None:
    """Every row; the whole file is decoded before the first one is used.

    Dates become ISO text, decimals text, and NaN null, which is how pandas writes a missing
    number. `Row.line` is the row's number from 1.

    Raises:
        BrokenFile: the file is damaged, or a column name appears twice.
        MissingExtraError: pyarrow is not installed.
    """
    table.kind = "Parquet"
    for number, values in enumerate(_decoded(file, table), start=1):
        row = {name: _plain(value) for name, value in values.items()}
        faults = list(faults_in(row))
        for fault in faults:
            key = printable(fault.field)
            table.faults.error(Kind.VALUE, fault.message, "Mend it.", line=number, field=key)
        if faults:
            table.set_aside(number, str(values))
        else:
            table.add(number, row)


def _decoded(file: DataFile, table: Table) -> list[dict[str, Any]]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "data", f"Reading {file.name}") from None
    try:
        with parquet.ParquetFile(file.path, page_checksum_verification=True) as source:
            names = source.schema_arrow.names
            _refuse_doubles(names, table)
            rows: list[dict[str, Any]] = source.read(use_threads=False).to_pylist()
            return rows
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = printable(str(error).split("\n")[0], 120).rstrip(".")
        message = f"the Parquet file is damaged or of an unknown kind ({reason}); no row was used."
        table.faults.error(Kind.DAMAGED, message, "Write or fetch the file again.")
        raise BrokenFile from None


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
