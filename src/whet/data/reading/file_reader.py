"""One file to examples: its rows, then its format, then row after row.

The format is decided by all columns of the file, so its rows are scanned before the first
example is made. Findings and broken rows are complete when the last example was taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whet.data.ledger import Dropped
from whet.data.places import listed, printable
from whet.data.reading.convert import Converter, RowFaults
from whet.data.reading.files import DataFile
from whet.data.reading.formats import recognise
from whet.data.reading.schemas import Schema
from whet.data.reading.tables import FileRows
from whet.findings import Finding, Kind
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read; see `read`. Rows beyond `max_kept_chars` of text are read again."""

    columns: Mapping[str, str]
    roles: Mapping[str, str]
    group_by: str | None
    max_line_bytes: int
    max_kept_chars: float


class FileReader:
    """The examples of a file, and everything that is said about it.

    `form` is None where the file has no usable rows; the findings say why.
    """

    def __init__(self, file: DataFile, options: Options) -> None:
        self.file = file
        self._rows = FileRows(file, options.max_line_bytes, options.max_kept_chars)
        self._table = table = self._rows.table
        self.num_examples = 0
        seen = table.columns
        self.form = recognise(seen, options.columns, table.sample, table.faults) if seen else None
        self.schema: Schema | None = None
        if self.form is not None:
            used = frozenset(self.form.columns.values())
            self.schema = Schema(file.name, self.form.name, table.types, used)
            group_by = options.group_by if options.group_by in seen else None
            self._converter = Converter(file.name, self.form, options.roles, group_by)

    @property
    def reason(self) -> str:
        """What the file was taken for, and why."""
        return f"{self._table.kind}; {self.form.reason}" if self.form else ""

    @property
    def findings(self) -> list[Finding]:
        """Everything found in the file, by line."""
        return sorted(self._table.faults.findings, key=lambda finding: finding.line)

    @property
    def broken(self) -> list[Dropped]:
        """The rows that were set aside, in the order in which they were found to be broken."""
        return [
            Dropped(f"{self.file.name}:{row.line}", "broken", printable(row.text), raw=row.text)
            for row in self._table.broken
        ]

    def examples(self) -> Iterator[Example]:
        """Every usable row as an example; to be taken once.

        Raises:
            DataError: the file changed since it was scanned.
        """
        if self.form is None:
            self._table.broken.sort(key=lambda row: row.line)
            return
        for row in self._rows:
            try:
                example = self._converter.example(row)
            except RowFaults as error:
                for fault in error.faults:
                    self._table.faults.error(
                        fault.kind, fault.message, fault.fix, line=row.line, field=fault.field
                    )
                text = json.dumps(row.values, ensure_ascii=False, default=repr)
                self._table.set_aside(row.line, text)
                continue
            self.num_examples += 1
            yield example
        self._tell_once()

    def _tell_once(self) -> None:
        passed, faults = self._converter.passed, self._table.faults
        if passed.numbers:
            names = listed(list(passed.numbers))
            faults.note(Kind.NUMBERS, f"numbers in {names} were taken as text.")
        if passed.unused:
            faults.note(Kind.UNUSED, f"not used: {listed(list(passed.unused))}.")
