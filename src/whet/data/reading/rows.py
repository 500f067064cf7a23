"""Files to rows: one object a row, with the line it stands on, whatever the file's kind.

Nothing is interpreted here. A row that cannot be read becomes a finding and a `Broken` entry;
when the file as a whole is damaged no row of it is handed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from whet.data.reading.faults import Faults
from whet.findings import Kind


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
    """What a file holds. `columns` are all names seen, in order of appearance."""

    faults: Faults
    rows: list[Row] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    num_blank: int = 0
    kind: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column name of any row, in the order in which they appear."""
        return list(dict.fromkeys(name for row in self.rows for name in row.values))

    def add(self, line: int, value: Any) -> None:
        """Adds a parsed value, which has to be an object with at least one key."""
        if isinstance(value, dict) and value:
            self.rows.append(Row(line, value))
            return
        seen = "an empty object" if isinstance(value, dict) else type_name(value)
        message = f"the row is {seen}; expected an object with named values."
        self.refuse(line, str(value), Kind.ROW_TYPE, message, 'Write it as {"column": value}.')

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
        self.rows.clear()


def type_name(value: Any) -> str:
    """How messages call the type of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names: dict[Any, str] = {
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    name = names.get(type(value))
    return name if name is not None else str(type(value).__name__)
