"""Texts as numbered words in one flat array.

    rows     "Where is it?"    "It is here."
    ids       1   2   3   0     3  2  4  0          0 ends a row

Texts are normalised as `whet.data.keys` does it, so white space, line ends, case and the
punctuation of prose make no difference. Each character of a script without spaces is a word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, groupby, islice
from typing import Any

import numpy as np

from whet.data.keys import normal

Ints = np.ndarray[Any, np.dtype[np.int64]]
Ids = np.ndarray[Any, np.dtype[np.int32]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

END = "\x00"
NUM_TEXTS_AT_ONCE = 2048
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Words:
    """Texts as numbered words.

    `ids` holds all words, each row ended by 0; `starts` [rows + 1] is where each row begins;
    `is_number` says for each word number whether the word holds a digit.
    """

    ids: Ids
    starts: Ints
    is_number: Flags

    @property
    def num_rows(self) -> int:
        """Number of texts."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """Number of words of each row."""
        return np.diff(self.starts) - 1

    def take(self, rows: Ints) -> Words:
        """These rows, in this order."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        shifts = np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Words(self.ids[np.arange(starts[-1]) + shifts], starts, self.is_number)

    def part(self, first: int, last: int) -> Words:
        """The rows from `first` to before `last`."""
        begin, end = self.starts[first], self.starts[last]
        return Words(self.ids[begin:end], self.starts[first : last + 1] - begin, self.is_number)

    def digests(self) -> Hashes:
        """A number for each row: equal for rows of the same words in the same order."""
        places = np.arange(len(self.ids)) - np.repeat(self.starts[:-1], np.diff(self.starts))
        return self._sums(
            mixed(self.ids.astype(np.uint64) << np.uint64(32) | places.astype(np.uint64))
        )

    def number_digests(self) -> Hashes:
        """A number for each row: equal for rows that hold the same words with digits."""
        return self._sums(
            np.where(self.is_number[self.ids], mixed(self.ids.astype(np.uint64)), np.uint64(0))
        )

    def _sums(self, values: Hashes) -> Hashes:
        return np.add.reduceat(values, self.starts[:-1]) if self.num_rows else values


def read_words(texts: Iterable[str]) -> Words:
    """The texts as numbered words; the texts are read once and not kept."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    numbers[END]
    parts = [
        np.fromiter(map(numbers.__getitem__, words), np.int32, len(words))
        for words in _split(texts)
    ]
    ids = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    is_number = np.fromiter(
        (_DIGIT.search(word) is not None for word in numbers), bool, len(numbers)
    )
    starts = np.concatenate([[0], np.flatnonzero(ids == 0) + 1])
    return Words(ids, starts, is_number)


def _split(texts: Iterable[str]) -> Iterator[list[str]]:
    """Words of many texts at once: one long string is normalised faster than many short ones."""
    left = iter(texts)
    while some := list(islice(left, NUM_TEXTS_AT_ONCE)):
        for is_ascii, run in groupby(some, str.isascii):
            joined = f" {END} ".join(text.replace(END, " ") for text in run)
            spaced = normal(f"{joined} {END}")
            yield (spaced if is_ascii else _UNSPACED.sub(r" \g<0> ", spaced)).split()


def mixed(values: Hashes) -> Hashes:
    """Well spread numbers, one to one (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
