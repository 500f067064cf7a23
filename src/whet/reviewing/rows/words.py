"""What the pages call signs, decisions and turns."""

from __future__ import annotations

from whet.data.suspicion import Sign
from whet.reviewing.rows.decisions import Choice
from whet.types import Example, Message

SIGNS = {
    Sign.LABEL: "label doubted",
    Sign.ODD_LABEL: "not a label",
    Sign.CONTRADICTION: "contradiction",
    Sign.UNRELATED: "answer unlike question",
    Sign.FAR: "odd question",
    Sign.TRUNCATED: "cut short",
    Sign.FORM: "other form",
    Sign.SHORT: "says little",
    Sign.LONG: "very long",
    Sign.COPIED: "copies question",
    Sign.REPEATED: "repeats",
    Sign.LANGUAGE: "language",
    Sign.VOICE: "tone",
    Sign.REFUSAL: "refusal",
    Sign.MARKUP: "left-over marks",
    Sign.PLACEHOLDER: "placeholder",
    Sign.DAMAGE: "damaged text",
    Sign.SECRET: "key or personal data",
    Sign.DUPLICATE: "duplicate",
    Sign.LOSS: "unlikely to the model",
}
"""Each sign in two or three words."""

SIGN_OF = {sign.value: sign for sign in Sign}
"""Each sign by its name."""

DONE = {Choice.KEEP: "kept", Choice.FIX: "fixed", Choice.DROP: "dropped"}

KEYS = (
    ("k", "keep the row as it is"),
    ("d", "drop it"),
    ("f", "fix it: write what it should say"),
    ("Ctrl Enter", "save the fix"),
    ("Esc", "leave a text box"),
    ("w", "say why"),
    ("u", "undo the last decision"),
    ("s", "pass over it for now"),
    ("l", "rows like this one"),
    ("\u2190 \u2192", "the row before and after in the ranking"),
    ("?", "these keys"),
)


def who_speaks(row: Example, turn: int) -> str:
    """What a turn is called, and what training does with it."""
    message: Message = row.messages[turn]
    role = message["role"]
    if role == "assistant":
        if message.get("weight") == 0:
            return "Answer, context only"
        if row.desirable is False:
            return "Answer, marked as bad: trained away from"
        if row.rejected:
            return "Preferred answer: trained towards" if is_last(row, turn) else "Earlier answer"
        return "Answer: trained on"
    names = {"system": "System message", "user": "Question", "tool": "Result of a tool"}
    return names.get(role, role)


def is_last(row: Example, turn: int) -> bool:
    """Whether a turn is the answer that the row is there for."""
    return turn == len(row.messages) - 1


def is_learnt(row: Example, turn: int) -> bool:
    """Whether the model is trained on a turn."""
    message = row.messages[turn]
    if message["role"] != "assistant" or message.get("weight") == 0:
        return False
    return is_last(row, turn) or not (row.rejected or row.desirable is not None)
