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
    draw: Callable[[], Pair], count: int, taken: set[str], *, apart: bool = False
) -> list[Pair]:
    """`count` pairs whose messages, without case, are not in `taken`; they are added to it.

    With `apart`, nor is a message that shares three quarters of its words with one in it.
    """
    found: list[Pair] = []
    while len(found) < count:
        pair = draw()
        key = " ".join(pair.message.lower().split())
        if key not in taken and not (apart and _near_one(key, taken)):
            taken.add(key)
            found.append(pair)
    return found


def _near_one(text: str, taken: set[str]) -> bool:
    said = _plain_words(text)
    others = map(_plain_words, taken)
    return any(4 * len(said & other) >= 3 * len(said | other) for other in others)


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
