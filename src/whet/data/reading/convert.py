"""A row in a recognised format to an example in canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.data.reading.blocks import text_of
from whet.data.reading.calls import tool_of
from whet.data.reading.canonical import columns_of, group_of, is_canonical, is_kept
from whet.data.reading.cells import Cells, Passed
from whet.data.reading.conversation import conversation_faults
from whet.data.reading.formats import Format
from whet.data.reading.pairs import pair_faults
from whet.data.reading.rows import Row, type_name
from whet.data.reading.shapes import SHAPES, Conversation
from whet.data.reading.turn_fault import MEND, TurnFault, parsed
from whet.data.reading.turns import Turn, text_turn
from whet.findings import Kind
from whet.types import Example

_SCALARS = (str, int, float, bool)


class RowFaults(ValueError):
    """A row cannot be used; all that is wrong with it."""

    def __init__(self, faults: list[TurnFault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Converter:
    """Turns the rows of one file into examples; `passed` is what is told once a file."""

    def __init__(
        self, file: str, form: Format, roles: Mapping[str, str], group_by: str | None
    ) -> None:
        self.file, self.form, self.roles = file, form, roles
        self.group = form.columns.get("group") or group_by
        self.passed = Passed()

    def example(self, row: Row) -> Example:
        """The row's example.

        Raises:
            RowFaults: with everything that is wrong with the row.
        """
        cells = Cells(row.values, self.form.columns, self.roles, self.passed)
        try:
            made = SHAPES[self.form.shape](cells)
            turns = _with_system(cells, made.turns)
            tools = _tools(cells)
            group = self._group(cells)
            desirable = _desirable(cells)
        except TurnFault as fault:
            raise RowFaults([fault]) from None
        faults = _faults(self.form.shape, made, turns)
        if faults:
            raise RowFaults(faults)
        self._note_unused(row.values)
        fields = columns_of(row.values)
        return Example.of(
            [turn.message for turn in turns], f"{self.file}:{row.line}", group, fields, tools,
            [turn.message for turn in made.pair.rejected] if made.pair else [], desirable,
        )  # fmt: skip

    def _group(self, cells: Cells) -> str | None:
        if self.group is None:
            return group_of(cells.values)
        value = cells.values.get(self.group)
        if value is None or value == "" or not isinstance(value, _SCALARS):
            seen = "is empty" if value == "" else cells.seen(self.group)
            said = f"{seen}; every row needs a group that is text or a number."
            raise TurnFault(Kind.GROUP, self.group, said, MEND)
        return str(value)

    def _note_unused(self, values: dict[str, Any]) -> None:
        used = {*self.form.columns.values(), *(["fields"] if is_canonical(values) else [])}
        for name, value in values.items():
            if name not in used and not is_kept(name, value):
                self.passed.unused[name] = None


def _faults(shape: str, made: Conversation, turns: list[Turn]) -> list[TurnFault]:
    if made.pair:
        return pair_faults(made.pair, turns[: len(turns) - len(made.turns)])
    if shape != "text":
        return list(conversation_faults(turns, made.field))
    if turns[-1].message["content"].strip():
        return []
    return [TurnFault(Kind.EMPTY_TURN, made.field, "the text is empty.", MEND)]


def _with_system(cells: Cells, turns: list[Turn]) -> list[Turn]:
    column = cells.columns.get("system")
    if column is None or cells.values.get(column) is None:
        return turns
    value = cells.values[column]
    text = text_of(value, column) if isinstance(value, list) else cells.text(column)
    if not text:
        return turns
    if turns and turns[0].message["role"] == "system":
        said = "the row has a system column and a system message as well."
        raise TurnFault(Kind.TURN_ORDER, column, said, "Keep one of them.")
    return [text_turn("system", text, column), *turns]


def _tools(cells: Cells) -> list[Mapping[str, Any]]:
    """Tool definitions in OpenAI form, from a list or from JSON text."""
    column = cells.columns.get("tools")
    value = cells.values.get(column) if column else None
    if not value or column is None:
        return []
    tools = parsed(value, column) if isinstance(value, str) and value.strip() else value
    if not isinstance(tools, list):
        said = f"is {type_name(tools)}; expected a list of tool definitions."
        raise TurnFault(Kind.TOOL_CALL, column, said, MEND)
    return [tool_of(tool, f"{column}[{index}]") for index, tool in enumerate(tools)]


def _desirable(cells: Cells) -> bool | None:
    column = cells.columns.get("label")
    if column is None:
        return None
    value = cells.values.get(column)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise TurnFault(Kind.CONTENT, column, f"{cells.seen(column)}; expected true or false.", MEND)
