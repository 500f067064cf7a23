"""The cells of one row as text or as turns, and the memory of what was passed over in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whet.data.places import listed, printable
from whet.data.reading.rows import type_name
from whet.data.reading.turn_fault import MEND, TurnFault
from whet.data.reading.turns import Turn, read_turns, text_turn
from whet.findings import Kind


@dataclass(slots=True)
class Passed:
    """What is told once a file: columns whose numbers were taken as text, and unused names."""

    numbers: dict[str, None] = field(default_factory=dict)
    unused: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row. `columns` maps our names to the file's, as in `Format`."""

    values: Mapping[str, Any]
    columns: Mapping[str, str]
    roles: Mapping[str, str]
    passed: Passed

    def text(self, column: str) -> str:
        """A cell that has to be text; a number becomes it.

        Raises:
            TurnFault: it is missing, null, a list or an object.
        """
        value = self.values.get(column)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            self.passed.numbers[column] = None
            return str(value).lower() if isinstance(value, bool) else str(value)
        remedy = MEND
        if isinstance(value, dict | list):
            remedy = "Write it as the text that the model should see."
        raise TurnFault(Kind.CONTENT, column, f"{self.seen(column)}; expected text.", remedy)

    def optional_text(self, key: str) -> str:
        """The text under one of our names; empty where the row has none."""
        column = self.columns.get(key)
        if column is None or self.values.get(column) is None:
            return ""
        return self.text(column)

    def turns(self, column: str) -> list[Turn]:
        """A cell that has to be a list of turns.

        Raises:
            TurnFault: it is not, or a turn in it cannot be understood.
        """
        value = self.values.get(column)
        if value is None:
            said = f"{self.seen(column)}; expected a list of turns."
            raise TurnFault(Kind.CONTENT, column, said, MEND)
        unused: set[str] = set()
        turns = read_turns(value, column, self.roles, unused)
        self.passed.unused |= dict.fromkeys(f"{column}[].{key}" for key in sorted(unused))
        return turns

    def turns_or_text(self, column: str, role: str) -> list[Turn]:
        """A cell that is a list of turns, one turn, or the text of one."""
        value = self.values.get(column)
        if isinstance(value, dict):
            one = Cells({column: [value]}, self.columns, self.roles, self.passed)
            return one.turns(column)
        if isinstance(value, list):
            return self.turns(column)
        return [text_turn(role, self.text(column), column)]

    def seen(self, column: str) -> str:
        """What stands in the cell, for a message."""
        if column not in self.values:
            return f"missing; the row has {listed([str(name) for name in self.values])}"
        return f"is {printable(type_name(self.values[column]), 40)}"
