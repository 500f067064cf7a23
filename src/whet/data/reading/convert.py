"""A row in a recognised format to an example in canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.data.places import listed, printable
from whet.data.reading.canonical import columns_of, group_of, is_canonical
from whet.data.reading.conversation import conversation_faults
from whet.data.reading.formats import Format
from whet.data.reading.rows import Row, type_name
from whet.data.reading.turns import ROLES, Turn, TurnFault, parsed, read_turns, unknown_keys
from whet.findings import Kind
from whet.types import Example, Message

_MEND = "Mend or remove the row."
_SCALARS = (str, int, float, bool)


class RowFaults(ValueError):
    """A row cannot be used; all that is wrong with it."""

    def __init__(self, faults: list[TurnFault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Converter:
    """Turns the rows of one file into examples, and remembers what was passed over.

    `numbers` are columns whose numbers were taken as text, `unused` columns and message keys
    that went nowhere: to be told once a file.
    """

    def __init__(
        self, file: str, form: Format, roles: Mapping[str, str], group_by: str | None
    ) -> None:
        self.file, self.form, self.roles = file, form, roles
        self.group = form.columns.get("group") or group_by
        self.numbers: dict[str, None] = {}
        self.unused: dict[str, None] = {}

    def example(self, row: Row) -> Example:
        """The row's example.

        Raises:
            RowFaults: with everything that is wrong with the row.
        """
        try:
            turns, field = _SHAPES[self.form.name](self, row.values)
            turns = self._with_system(row.values, turns)
            tools = self._tools(row.values)
            group = self._group(row.values)
        except TurnFault as fault:
            raise RowFaults([fault]) from None
        faults = list(conversation_faults(turns, field))
        if faults:
            raise RowFaults(faults)
        self._note_unused(row.values)
        fields = columns_of(row.values)
        messages = [turn.message for turn in turns]
        return Example.of(messages, f"{self.file}:{row.line}", group, fields, tools)

    def messages(self, values: dict[str, Any]) -> tuple[list[Turn], str]:
        """`messages` or `conversations`: a list of turns."""
        column = self.form.columns["messages"]
        self._present(values, column)
        self.unused |= dict.fromkeys(
            f"{column}[].{key}" for key in sorted(unknown_keys(values[column]))
        )
        return read_turns(values[column], column, self.roles), column

    def alpaca(self, values: dict[str, Any]) -> tuple[list[Turn], str]:
        """`instruction`, with `input` on the next line when there is one, and `output`."""
        column = self.form.columns["instruction"]
        pieces = [self._text(values, column)]
        if "input" in self.form.columns:
            pieces.append(self._optional_text(values, self.form.columns["input"]))
        question = _turn("user", "\n".join(piece for piece in pieces if piece), column)
        return [*self._history(values), question, self._answer(values, "output")], column

    def input_output(self, values: dict[str, Any]) -> tuple[list[Turn], str]:
        """One column asks, one answers."""
        column = self.form.columns["input"]
        question = _turn("user", self._text(values, column), column)
        return [*self._history(values), question, self._answer(values, "output")], column

    def prompt_completion(self, values: dict[str, Any]) -> tuple[list[Turn], str]:
        """As input and output, where either may also be a list of turns (or one turn)."""
        column, answer = self.form.columns["prompt"], self.form.columns["completion"]
        prompt = self._turns_or_text(values, column, "user")
        return [*self._history(values), *prompt,
                *self._turns_or_text(values, answer, "assistant")], column  # fmt: skip

    def _turns_or_text(self, values: dict[str, Any], column: str, role: str) -> list[Turn]:
        value = values.get(column)
        if isinstance(value, dict):
            value = [value]
        if isinstance(value, list):
            return read_turns(value, column, self.roles)
        return [_turn(role, self._text(values, column), column)]

    def _answer(self, values: dict[str, Any], key: str) -> Turn:
        column = self.form.columns[key]
        return _turn("assistant", self._text(values, column), column)

    def _history(self, values: dict[str, Any]) -> list[Turn]:
        """Earlier turns as pairs: [[question, answer], ...]."""
        column = self.form.columns.get("history")
        value = values.get(column) if column else None
        if not value or column is None:
            return []
        pairs = parsed(value, column) if isinstance(value, str) else value
        turns = []
        for index, pair in enumerate(pairs if isinstance(pairs, list) else [pairs]):
            place = f"{column}[{index}]"
            if not _is_pair(pair):
                said = "expected a question and its answer, both text."
                raise TurnFault(Kind.CONTENT, place, said, _MEND)
            turns += [_turn("user", pair[0], f"{place}[0]")]
            turns += [_turn("assistant", pair[1], f"{place}[1]")]
        return turns

    def _with_system(self, values: dict[str, Any], turns: list[Turn]) -> list[Turn]:
        column = self.form.columns.get("system")
        text = self._optional_text(values, column) if column else ""
        if not text or column is None:
            return turns
        if turns and turns[0].message["role"] == "system":
            said = "the row has a system column and a system message as well."
            raise TurnFault(Kind.TURN_ORDER, column, said, "Keep one of them.")
        return [_turn("system", text, column), *turns]

    def _tools(self, values: dict[str, Any]) -> list[Mapping[str, Any]]:
        """Tool definitions in OpenAI form, from a list or from JSON text."""
        column = self.form.columns.get("tools")
        value = values.get(column) if column else None
        if not value or column is None:
            return []
        tools = parsed(value, column) if isinstance(value, str) and value.strip() else value
        if not isinstance(tools, list):
            said = f"is {type_name(tools)}; expected a list of tool definitions."
            raise TurnFault(Kind.TOOL_CALL, column, said, _MEND)
        return [_tool(tool, f"{column}[{index}]") for index, tool in enumerate(tools)]

    def _group(self, values: dict[str, Any]) -> str | None:
        if self.group is None:
            return group_of(values)
        value = values.get(self.group)
        if value is None or value == "" or not isinstance(value, _SCALARS):
            seen = "is empty" if value == "" else _seen(values, self.group)
            said = f"{seen}; every row needs a group that is text or a number."
            raise TurnFault(Kind.GROUP, self.group, said, _MEND)
        return str(value)

    def _text(self, values: dict[str, Any], column: str) -> str:
        value = values.get(column)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            self.numbers[column] = None
            return str(value).lower() if isinstance(value, bool) else str(value)
        remedy = _MEND
        if isinstance(value, dict | list):
            remedy = "Write it as the text that the model should see."
        raise TurnFault(Kind.CONTENT, column, f"{_seen(values, column)}; expected text.", remedy)

    def _optional_text(self, values: dict[str, Any], column: str) -> str:
        return "" if values.get(column) is None else self._text(values, column)

    def _present(self, values: dict[str, Any], column: str) -> None:
        if values.get(column) is None:
            said = f"{_seen(values, column)}; expected a list of turns."
            raise TurnFault(Kind.CONTENT, column, said, _MEND)

    def _note_unused(self, values: dict[str, Any]) -> None:
        used = {*self.form.columns.values(), *(["fields"] if is_canonical(values) else [])}
        for name, value in values.items():
            if name not in used and value is not None and not isinstance(value, _SCALARS):
                self.unused[name] = None


_SHAPES = {
    "messages": Converter.messages,
    "alpaca": Converter.alpaca,
    "input_output": Converter.input_output,
    "prompt_completion": Converter.prompt_completion,
}


def _turn(role: str, text: str, field: str) -> Turn:
    assert role in ROLES
    message: Message = {"role": role, "content": text}
    return Turn(message, field, field)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)


def _seen(values: dict[str, Any], column: str) -> str:
    if column not in values:
        return f"missing; the row has {listed([str(name) for name in values])}"
    return f"is {printable(type_name(values[column]), 40)}"


def _tool(value: Any, field: str) -> Mapping[str, Any]:
    inner = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        said = "is not a tool definition; expected an object with a name."
        raise TurnFault(Kind.TOOL_CALL, field, said, _MEND)
    return value if "function" in value else {"type": "function", "function": inner}
