"""Preference pairs: one prompt, a chosen answer and what it is preferred to.

The prompt has a column of its own, or is the beginning that two whole conversations share:

    chosen      user assistant user | assistant          prompt | chosen
    rejected    user assistant user | assistant          prompt | rejected
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.data.reading.cells import Cells
from whet.data.reading.conversation import conversation_faults
from whet.data.reading.transcripts import is_transcript
from whet.data.reading.turn_fault import MEND, TurnFault
from whet.data.reading.turns import Turn, text_turn, transcript_turns
from whet.findings import Kind


@dataclass(frozen=True, slots=True)
class Pair:
    """The common prompt and the turns of both sides; `field` names the prompt.

    A good row has one chosen turn; whether it has is for `pair_faults` to say.
    """

    prompt: list[Turn]
    chosen: list[Turn]
    rejected: list[Turn]
    field: str


def preference(cells: Cells) -> Pair:
    """The pair of a row.

    Raises:
        TurnFault: the sides are equal, share no prompt, or one of them has no answer.
    """
    rejected = _side(cells, "rejected")
    if "chosen" not in cells.columns:
        whole = cells.turns(cells.columns["messages"])
        return _pair(cells, whole[:-1], whole[-1:], rejected, cells.columns["messages"])
    chosen = _side(cells, "chosen")
    if _is_whole(chosen) and _is_whole(rejected):
        return _parted(cells, chosen, rejected)
    if "prompt" not in cells.columns:
        said = "is no whole conversation, and there is no column with the prompt."
        raise TurnFault(Kind.CONTENT, cells.columns["chosen"], said, "Name it in data.columns.")
    return _pair(cells, _prompt(cells), chosen, rejected, cells.columns["prompt"])


def _side(cells: Cells, key: str) -> list[Turn]:
    """One side: the text or the turn of an answer, or a whole conversation."""
    column = cells.columns[key]
    value = cells.values.get(column)
    if isinstance(value, str) and is_transcript(value):
        return transcript_turns(value, column)
    has_prompt = "prompt" in cells.columns or "messages" in cells.columns
    if isinstance(value, str) and value.lstrip().startswith("[") and not has_prompt:
        return cells.turns(column)
    return cells.turns_or_text(column, "assistant")


def _is_whole(turns: list[Turn]) -> bool:
    return bool(turns) and turns[0].message["role"] in ("system", "user")


def _prompt(cells: Cells) -> list[Turn]:
    """The prompt's turns; a transcript may end with the marker of the answer to come."""
    column = cells.columns["prompt"]
    value = cells.values.get(column)
    if isinstance(value, str) and is_transcript(value):
        turns = transcript_turns(value, column)
        return turns if turns[-1].message["content"] else turns[:-1]
    turns = cells.turns_or_text(column, "user")
    context = cells.optional_text("input")
    if context:
        joined = "\n".join(part for part in (turns[-1].message["content"], context) if part)
        turns[-1] = text_turn("user", joined, column)
    return turns


def _pair(
    cells: Cells, prompt: list[Turn], chosen: list[Turn], rejected: list[Turn], field: str
) -> Pair:
    """The pair of a prompt with a column of its own."""
    beginning = [turn.message for turn in prompt]
    if _is_whole(rejected):
        if [turn.message for turn in rejected[: len(prompt)]] != beginning:
            said = f"begins otherwise than {field}."
            raise TurnFault(Kind.CONTENT, cells.columns["rejected"], said, MEND)
        rejected = rejected[len(prompt) :]
    return _checked(cells, Pair(prompt, chosen, rejected, field))


def _parted(cells: Cells, chosen: list[Turn], rejected: list[Turn]) -> Pair:
    """The pair of two whole conversations: what they share is the prompt."""
    longest = min(len(chosen), len(rejected)) - 1
    shared = 0
    while shared < longest and chosen[shared].message == rejected[shared].message:
        shared += 1
    column = cells.columns["chosen"]
    if shared == 0:
        said = f"shares no beginning with {cells.columns['rejected']}, so there is no prompt."
        raise TurnFault(Kind.CONTENT, column, said, MEND)
    _require_prompt(cells, chosen[:shared])
    return _checked(cells, Pair(chosen[:shared], chosen[shared:], rejected[shared:], column))


def _require_prompt(cells: Cells, shared: list[Turn]) -> None:
    """A prompt that has a column of its own as well has to be what the sides share."""
    column = cells.columns.get("prompt")
    if column is None:
        return
    asked = _prompt(cells)
    said = [turn.message["content"].strip() for turn in shared]
    if not all(turn.message["content"].strip() in said for turn in asked):
        message = "is not in the beginning that the two sides share."
        raise TurnFault(Kind.CONTENT, column, message, MEND)


def _checked(cells: Cells, pair: Pair) -> Pair:
    side = cells.columns.get("chosen") or cells.columns["messages"]
    other = cells.columns["rejected"]
    if not pair.chosen or not pair.rejected:
        raise TurnFault(Kind.CONTENT, side if pair.rejected else other, "holds no answer.", MEND)
    if [turn.message for turn in pair.chosen] == [turn.message for turn in pair.rejected]:
        said = f"is the same as {side}; a pair needs two answers."
        raise TurnFault(Kind.CONTENT, other, said, "Remove the row.")
    return pair


def pair_faults(pair: Pair, system: list[Turn]) -> list[TurnFault]:
    """What is wrong with either side; what both share, and what repeats, is told once.

    `system` are turns that stand before the prompt.
    """
    prompt = [*system, *pair.prompt]
    found: dict[tuple[Kind, str], list[TurnFault]] = {}
    shared: set[str] = set()
    for side in (pair.chosen, pair.rejected):
        faults = list(conversation_faults([*prompt, *side], pair.field))
        for fault in faults:
            if str(fault) not in shared:
                found.setdefault((fault.kind, fault.message), []).append(fault)
        shared |= {str(fault) for fault in faults}
    if len(pair.chosen) > 1 and not found:
        said = f"{len(pair.chosen)} turns follow the prompt; a pair is about one answer."
        return [TurnFault(Kind.TURN_ORDER, pair.chosen[1].field, said, MEND)]
    return [_once(faults) for faults in found.values()]


def _once(faults: list[TurnFault]) -> TurnFault:
    first = faults[0]
    if len(faults) > 1:
        first.message = (
            f"{first.message.removesuffix('.')} (the first of {len(faults)} such turns)."
        )
    return first
