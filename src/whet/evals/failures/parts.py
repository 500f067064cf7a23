"""Answers that are made of parts: fields between separators, or the keys of a JSON object.

    493 | keyboard | red | today      four parts, told apart by " | "
    {"room": 493, "item": "keyboard"} two parts, told apart by their keys

Where nearly all training answers have one such shape, a wrong answer is mostly wrong in one part,
and which one that is says what has not been learnt.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.scorers import normalise

SEPARATORS = (" | ", "|", "\t", "; ", ";", " / ", " - ")
AGREES = 0.95


@dataclass(frozen=True, slots=True)
class Shape:
    """How answers fall into parts. `separator` is empty for JSON objects, which have `names`."""

    separator: str
    names: tuple[str, ...]

    def parts(self, text: str) -> tuple[str, ...] | None:
        """The normalised parts of an answer, in the order of the names; None in another shape."""
        if self.separator:
            found = text.strip().split(self.separator)
            return tuple(map(normalise, found)) if len(found) == len(self.names) else None
        value = _object(text)
        if value is None or set(value) != set(self.names):
            return None
        return tuple(_plain(value[name]) for name in self.names)

    def differences(self, answer: str, gold: str) -> list[tuple[str, str, str]]:
        """(name, right, answered) of each part that differs; none where one has another shape."""
        ours, theirs = self.parts(answer), self.parts(gold)
        if ours is None or theirs is None:
            return []
        both = zip(self.names, theirs, ours, strict=True)
        return [(name, right, said) for name, right, said in both if right != said]

    def wrong_parts(self, answer: str, gold: str) -> list[str] | None:
        """The names of the parts that differ; None where one of the two has another shape."""
        if self.parts(answer) is None or self.parts(gold) is None:
            return None
        return [name for name, _, _ in self.differences(answer, gold)]


@dataclass(frozen=True, slots=True)
class WrongPart:
    """A part, the answers in which it is wrong, and the swap that came most often."""

    name: str
    wrong: int
    gold: str
    answered: str
    times: int


def shape_of(texts: Sequence[str]) -> Shape | None:
    """The shape that at least 95 % of the answers have; None where there is none."""
    keys = Counter(tuple(value) for value in map(_object, texts) if value)
    if keys:
        names, count = keys.most_common(1)[0]
        return Shape("", names) if count >= AGREES * len(texts) else None
    for separator in SEPARATORS:
        sizes = Counter(text.strip().count(separator) + 1 for text in texts)
        size, count = sizes.most_common(1)[0]
        if size > 1 and count >= AGREES * len(texts):
            return Shape(separator, tuple(f"part {number}" for number in range(1, size + 1)))
    return None


def _object(text: str) -> dict[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _plain(value: object) -> str:
    if isinstance(value, str):
        return normalise(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
