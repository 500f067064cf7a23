"""What every example's grammar needs: its own random numbers, distinct rows, and file formats."""

from __future__ import annotations

import csv
import functools
import io
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """A message and the answer that it should get."""

    message: str
    answer: str


def generator(name: str) -> random.Random:
    """Random numbers for one part of one example: the same ones on every machine."""
    return random.Random(f"whet/examples/{name}")


def words(text: str) -> list[str]:
    """The words of a list written as running text."""
    return text.split()


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def distinct(
    draw: Callable[[], Pair], count: int, taken: set[str], *, apart: float = 1.0
) -> list[Pair]:
    """`count` pairs whose messages, without case, are not in `taken`; they are added to it.

    Nor is a message of seven words or more that shares `apart` of all their words with one in it,
    so that no row is a near copy of another; 1 lets near copies be.
    """
    found: list[Pair] = []
    while len(found) < count:
        pair = draw()
        key = " ".join(pair.message.lower().split())
        if key not in taken and not (apart < 1 and _near_one(key, taken, apart)):
            taken.add(key)
            found.append(pair)
    return found


def _near_one(text: str, taken: set[str], apart: float) -> bool:
    said = _plain_words(text)
    if len(text.split()) < 7:
        return _spoken(text) in map(_spoken, taken)
    others = map(_plain_words, taken)
    return any(len(said & other) >= apart * len(said | other) for other in others)


@functools.cache
def _spoken(text: str) -> str:
    return " ".join(word.strip(".,!") for word in text.split())


@functools.cache
def _plain_words(text: str) -> frozenset[str]:
    return frozenset(word.strip(".,!") for word in text.split())


def jsonl(rows: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A CSV file with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
