"""Lines of plain text as rows with the one column `text`, as `datasets` reads them."""

from __future__ import annotations

from collections.abc import Iterator

from whet.data.reading.files import DataFile
from whet.data.reading.lines import read_lines
from whet.data.reading.rows import Row, Table


def read_text(file: DataFile, table: Table, max_line_bytes: int) -> Iterator[Row]:
    """One row a line; blank lines are counted and passed over."""
    table.kind = "text, a row a line"
    for line in read_lines(file, table.faults, max_line_bytes):
        if line.text is None:
            table.set_aside(line.number, "")
        elif not line.text.strip():
            table.num_blank += 1
        else:
            row = table.accept(line.number, {"text": line.text}, len(line.text))
            yield from [row] if row is not None else []
