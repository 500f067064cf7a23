"""The layouts of a row: how its cells make turns. One function a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from whet.data.reading.cells import Cells
from whet.data.reading.pairs import Pair, preference
from whet.data.reading.turn_fault import MEND, TurnFault, parsed
from whet.data.reading.turns import Turn, text_turn
from whet.data.reading.wrappers import is_pair
from whet.findings import Kind


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of a row and the field they came from; of a preference row the pair as well."""

    turns: list[Turn]
    field: str
    pair: Pair | None = None


def messages(cells: Cells) -> Conversation:
    """`messages` or `conversations`: a list of turns, or a transcript."""
    column = cells.columns["messages"]
    return Conversation(cells.turns(column), column)


def alpaca(cells: Cells) -> Conversation:
    """`instruction`, with `input` on the next line when there is one, and `output`."""
    column = cells.columns["instruction"]
    pieces = [cells.text(column), cells.optional_text("input")]
    question = text_turn("user", "\n".join(piece for piece in pieces if piece), column)
    return Conversation([*_history(cells), question, _answer(cells)], column)


def input_output(cells: Cells) -> Conversation:
    """One column asks, one answers."""
    column = cells.columns["input"]
    question = text_turn("user", cells.text(column), column)
    return Conversation([*_history(cells), question, _answer(cells)], column)


def prompt_completion(cells: Cells) -> Conversation:
    """As input and output, where either may also be a list of turns (or one turn)."""
    column = cells.columns["prompt"]
    prompt = cells.turns_or_text(column, "user")
    answer = cells.turns_or_text(cells.columns["completion"], "assistant")
    _add_thinking(cells, answer[-1:])
    return Conversation([*_history(cells), *prompt, *answer], column)


def text(cells: Cells) -> Conversation:
    """Bare text: one turn of the assistant, which nothing asked for."""
    column = cells.columns["text"]
    return Conversation([text_turn("assistant", cells.text(column), column)], column)


def paired(cells: Cells) -> Conversation:
    """Two answers of which one is better, after the same prompt."""
    found = preference(cells)
    pair = replace(found, prompt=[*_history(cells), *found.prompt])
    return Conversation([*pair.prompt, *pair.chosen], pair.field, pair)


SHAPES: dict[str, Callable[[Cells], Conversation]] = {
    "messages": messages,
    "alpaca": alpaca,
    "input_output": input_output,
    "prompt_completion": prompt_completion,
    "preference": paired,
    "text": text,
}
"""The layout of each `Format.shape`."""


def _answer(cells: Cells) -> Turn:
    column = cells.columns["output"]
    turn = text_turn("assistant", cells.text(column), column)
    _add_thinking(cells, [turn])
    return turn


def _add_thinking(cells: Cells, turns: list[Turn]) -> None:
    """A column of thinking goes with the answer, not into it."""
    thinking = cells.optional_text("thinking")
    if thinking and turns and turns[0].message["role"] == "assistant":
        if "reasoning_content" in turns[0].message:
            said = "the row has thinking in this column and in the answer's turn as well."
            raise TurnFault(Kind.CONTENT, cells.columns["thinking"], said, "Keep one of them.")
        turns[0].message["reasoning_content"] = thinking


def _history(cells: Cells) -> list[Turn]:
    """Earlier turns as pairs: [[question, answer], ...]."""
    column = cells.columns.get("history")
    value: Any = cells.values.get(column) if column else None
    if not value or column is None:
        return []
    pairs = parsed(value, column) if isinstance(value, str) else value
    turns = []
    for index, pair in enumerate(pairs if isinstance(pairs, list) else [pairs]):
        place = f"{column}[{index}]"
        if not is_pair(pair):
            said = "expected a question and its answer, both text."
            raise TurnFault(Kind.CONTENT, place, said, MEND)
        turns += [text_turn("user", pair[0], f"{place}[0]")]
        turns += [text_turn("assistant", pair[1], f"{place}[1]")]
    return turns
