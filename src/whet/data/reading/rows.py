"""Files to rows: one object a row, with the line it stands on, whatever the file's kind.

Nothing is interpreted here. A row that cannot be read becomes a finding and a `Broken` entry;
when the file as a whole is damaged no row of it is handed on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from whet.data.reading.faults import Faults
from whet.findings import Kind

NUM_SAMPLE = 50
"""Rows at the beginning of a file that its format is judged by, beside the columns' names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a file. `line` is where it begins; in Parquet it is the row's number."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is not used, and what it holds."""

    line: int
    text: str


@dataclass(slots=True)
class Table:
    """What a file holds, filled in while it is scanned.

    `rows` are kept while they are no more than `max_kept_chars` of text together; beyond that
    it is None, and the file is read again by whoever wants them. `types` are the types of every
    column of any row, in order of appearance; null counts as any type.
    """

    faults: Faults
    max_kept_chars: float = math.inf
    rows: list[Row] | None = field(default_factory=list)
    sample: list[Row] = field(default_factory=list)
    types: dict[str, set[str]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    num_blank: int = 0
    kind: str = ""
    num_rows: int = 0
    num_chars: int = 0

    @property
    def columns(self) -> list[str]:
        """Every column name of any row, in the order in which they appear."""
        return list(self.types)

    def accept(self, line: int, value: Any, num_chars: int) -> Row | None:
        """The row of a parsed value, which has to be an object with at least one key."""
        if isinstance(value, dict) and value:
            self.num_rows += 1
            self.num_chars += num_chars
            for name, item in value.items():
                types = self.types.setdefault(name, set())
                if item is not None:
                    types.add(type_name(item))
            return Row(line, value)
        seen = "an empty object" if isinstance(value, dict) else type_name(value)
        message = f"the row is {seen}; expected an object with named values."
        self.refuse(line, str(value), Kind.ROW_TYPE, message, 'Write it as {"column": value}.')
        return None

    def keep(self, row: Row) -> None:
        """Holds a row, unless there are too many."""
        if len(self.sample) < NUM_SAMPLE:
            self.sample.append(row)
        if self.num_chars > self.max_kept_chars:
            self.rows = None
        if self.rows is not None:
            self.rows.append(row)

    def refuse(
        self, line: int, text: str, kind: Kind, message: str, fix: str = "", key: str = ""
    ) -> None:
        """Sets a row aside, with the reason."""
        self.faults.error(kind, message, fix, line=line, field=key)
        self.set_aside(line, text)

    def set_aside(self, line: int, text: str) -> None:
        """Sets a row aside whose reason was told already."""
        self.broken.append(Broken(line, text))

    def clear(self) -> None:
        """Forgets every row: a file that is damaged anywhere is not used in part."""
        self.rows, self.num_rows = [], 0
        self.sample.clear()
        self.types.clear()


_NAMES = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def type_name(value: Any) -> str:
    """How messages call the type of a JSON value."""
    return _NAMES.get(type(value)) or type(value).__name__
