"""What every example's grammar needs: its own random numbers, distinct rows, and file formats."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from whet.data.overlap import near_duplicates
from whet.data.overlap.measure import Alike


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


def distinct(draw: Callable[[], Pair], count: int, taken: set[str]) -> list[Pair]:
    """`count` pairs whose messages, without case, are not in `taken`; they are added to it."""
    found: list[Pair] = []
    while len(found) < count:
        pair = draw()
        key = " ".join(pair.message.lower().split())
        if key not in taken:
            taken.add(key)
            found.append(pair)
    return found


def without_near_copies(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs without those that nearly repeat an earlier one: a stricter rule than check's."""
    texts = ((str(i), pair.message) for i, pair in enumerate(pairs))
    found = near_duplicates(texts, Alike(pairs=0.4, words=0.6), min_words=5)
    again = {int(name) for cluster in found.clusters for name in cluster.ids[1:]}
    return [pair for i, pair in enumerate(pairs) if i not in again]


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
