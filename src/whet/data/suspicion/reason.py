"""Signs that a row may be bad, and how several of them make one score.

Each sign has a strength from 0 to 1. The score of a row is 1 - (1 - a)(1 - b)..., so that one
strong sign suffices, several weak ones add up, and no row can be over 1. Strengths are not
probabilities: they order the rows, and nothing else is read off them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import prod

from whet.data.places import printable
from whet.types import Example

USUAL = 0.2
"""Share of rows from which on a sign is a trait of the set and says nothing about a row."""
LEAST = 0.02
"""Weaker reasons are not told."""


class Sign(StrEnum):
    """A kind of suspicion; `description` is what it means, in one sentence."""

    description: str

    def __new__(cls, value: str, description: str) -> Sign:
        """A member that carries its description beside its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    LABEL = "label", "Rows like it, and a classifier fitted without it, speak for another label."
    ODD_LABEL = "odd_label", "Its answer is none of the labels that the other rows have."
    CONTRADICTION = "contradiction", "A row that asks (nearly) the same has another answer."
    UNRELATED = "unrelated", "Many answers of other rows fit its question better than its own."
    FAR = "far", "Its question is like no other question."
    TRUNCATED = "truncated", "The answer ends before it is finished."
    FORM = "form", "The answer lacks a form that nearly all others have."
    SHORT = "short", "The answer says hardly anything, or far less than others do."
    LONG = "long", "The answer is far longer than others."
    COPIED = "copied", "The answer repeats the question."
    REPEATED = "repeated", "The answer goes in circles, or stands under other questions too."
    LANGUAGE = "language", "Another language or script than the rest."
    VOICE = "voice", "Rude, shouting, or in a tone that the other answers do not have."
    REFUSAL = "refusal", "The answer declines to help."
    MARKUP = "markup", "Marks of a chat log, a web page or a form are left in the answer."
    PLACEHOLDER = "placeholder", "Something in the answer was never filled in."
    DAMAGE = "damage", "Text was decoded wrongly, or is no text."
    SECRET = "secret", "A key or personal data; its value is masked."
    DUPLICATE = "duplicate", "The row repeats an earlier one."
    LOSS = "loss", "The model finds the answer far less likely than others."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is suspected, in one sentence for a person.

    `turn` is the message that is meant and `start` to `end` the part of its content, where one
    is; `others` are the sources of the rows that speak against it.
    """

    sign: Sign
    strength: float
    message: str
    turn: int = -1
    start: int = 0
    end: int = 0
    others: tuple[str, ...] = ()


Found = Iterator[tuple[int, Reason]]
"""Reasons with the numbers of their rows."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row with its score and its reasons, the strongest first."""

    row: Example
    score: float
    reasons: tuple[Reason, ...]

    @staticmethod
    def of(row: Example, reasons: Sequence[Reason]) -> Suspect:
        """The row with the strongest reason of each sign; what is too weak is not told."""
        strongest: dict[Sign, Reason] = {}
        for reason in sorted(reasons, key=lambda each: -each.strength):
            strongest.setdefault(reason.sign, reason)
        told = tuple(reason for reason in strongest.values() if reason.strength >= LEAST)
        score = 1 - prod(1 - min(reason.strength, 0.99) for reason in told)
        return Suspect(row, round(score, 4), told)

    @property
    def signs(self) -> frozenset[Sign]:
        """The kinds of its reasons."""
        return frozenset(reason.sign for reason in self.reasons)


def tempered(found: Sequence[tuple[int, Reason]], num_rows: int) -> list[tuple[int, Reason]]:
    """The reasons with less weight where many rows show a sign at least as strongly.

    In full where one row does, not at all where a fifth of the rows do: then it is a trait of the
    set. A row counts once for each sign, by its strongest reason.
    """
    strongest: dict[tuple[Sign, int], float] = {}
    for number, reason in found:
        key = (reason.sign, number)
        strongest[key] = max(strongest.get(key, 0.0), reason.strength)
    ordered: dict[Sign, list[float]] = {}
    for (sign, _), strength in strongest.items():
        ordered.setdefault(sign, []).append(-strength)
    for strengths in ordered.values():
        strengths.sort()

    def factor(reason: Reason) -> float:
        num_as_strong = bisect_right(ordered[reason.sign], -reason.strength)
        return max(0.0, 1 - (num_as_strong - 1) / max(USUAL * num_rows, 1))

    return [
        (number, replace(reason, strength=reason.strength * factor(reason)))
        for number, reason in found
    ]


def quoted(text: str, limit: int = 80) -> str:
    """The text in quotes on one line, cut, with anything odd in it made visible."""
    return f'"{printable(" ".join(text.split()), limit)}"'


def ramp(value: float, low: float, high: float) -> float:
    """From 0 at `low` to 1 at `high`, straight between; `high` may be the lower one."""
    return min(1.0, max(0.0, (value - low) / (high - low)))
