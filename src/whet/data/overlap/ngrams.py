"""Long texts that stand word for word inside others: the share of their n-grams found there.

Texts of 26 words and more are looked for by 13 words in a row, shorter ones by 8. Runs of words
that many of the sought texts hold (an instruction, a figure of speech) prove nothing and do not
count, nor do those that a tenth of all rows hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from whet.data.overlap.features import Floats
from whet.data.overlap.words import Hashes, Ints, Words, mixed

LONG, LONG_FROM = 13, 26
SHORT = 8
SHARE = 0.5
"""Smallest share of a text's n-grams that has to be found."""

MIN_COMMON, MAX_COMMON, COMMON_SHARE = 2, 10, 0.05
COMMON_IN_ROWS, MIN_COMMON_IN_ROWS = 0.1, 20
WORDS_AT_ONCE = 1 << 22
_BASE = np.uint64(0x9E3779B97F4A7C15)


class Pairs(NamedTuple):
    """Row `rows[i]` holds the sought text `texts[i]` to the degree `shares[i]`, in (0, 1]."""

    rows: Ints
    texts: Ints
    shares: Floats

    @staticmethod
    def none() -> Pairs:
        """No pairs."""
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def held_word_for_word(rows: Words, sought: Words) -> list[Pairs]:
    """The rows that hold at least half of a sought text of eight words or more, by n-grams.

    Both have to be numbered by the same `read_words`.
    """
    lengths = sought.lengths
    return [
        _held(rows, sought, np.flatnonzero(lengths >= LONG_FROM), LONG),
        _held(rows, sought, np.flatnonzero((lengths >= SHORT) & (lengths < LONG_FROM)), SHORT),
    ]


def _held(rows: Words, sought: Words, chosen: Ints, size: int) -> Pairs:
    if not len(chosen):
        return Pairs.none()
    grams, of_text = _telling(*_distinct(*_ngrams(sought.take(chosen), size)), len(chosen))
    num_grams = np.bincount(of_text, minlength=len(chosen))
    known, begins = np.unique(grams, return_index=True)
    ends = np.append(begins[1:], len(grams))
    hits = _hits(rows, known, size)
    hits = hits[:, _is_rare(hits[0], len(known), rows.num_rows)]
    counts = ends[hits[0]] - begins[hits[0]]
    shifts = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    texts = of_text[np.repeat(begins[hits[0]], counts) + shifts]
    pairs, found = np.unique(np.repeat(hits[1], counts) * len(chosen) + texts, return_counts=True)
    texts = pairs % len(chosen)
    shares = found / num_grams[texts]
    good = shares >= SHARE
    return Pairs((pairs // len(chosen))[good], chosen[texts[good]], shares[good])


def _hits(rows: Words, known: Hashes, size: int) -> Ints:
    """Known n-gram and row [2, hits], each pair once; in blocks, as rows may be many."""
    found = [np.zeros((2, 0), np.int64)]
    for first, last in blocks(rows):
        grams, of_row = _ngrams(rows.part(first, last), size)
        places = np.searchsorted(known, grams).clip(max=len(known) - 1)
        same = known[places] == grams if len(known) else np.zeros(len(grams), bool)
        found.append(np.unique(np.stack([places[same], of_row[same] + first]), axis=1))
    return np.concatenate(found, axis=1)


def blocks(rows: Words) -> Iterator[tuple[int, int]]:
    """First and last row of parts of bounded size."""
    first = 0
    while first < rows.num_rows:
        last = int(np.searchsorted(rows.starts, rows.starts[first] + WORDS_AT_ONCE, "right")) - 1
        last = min(max(last, first + 1), rows.num_rows)
        yield first, last
        first = last


def _ngrams(words: Words, size: int) -> tuple[Hashes, Ints]:
    """A number for every `size` words in a row, and the text it is from."""
    num = len(words.ids) - size + 1
    if num <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    spread = mixed(words.ids.astype(np.uint64) + np.uint64(1))
    grams = np.zeros(num, np.uint64)
    for place in range(size):
        grams = grams * _BASE + spread[place : place + num]
    texts = np.repeat(np.arange(words.num_rows), np.diff(words.starts))
    inside = (texts[:num] == texts[size - 1 :]) & (words.ids[size - 1 :] != 0)
    return grams[inside], texts[:num][inside]


def _distinct(grams: Hashes, texts: Ints) -> tuple[Hashes, Ints]:
    order = np.lexsort((texts, grams))
    grams, texts = grams[order], texts[order]
    fresh = np.ones(len(grams), bool)
    fresh[1:] = (grams[1:] != grams[:-1]) | (texts[1:] != texts[:-1])
    return grams[fresh], texts[fresh]


def _telling(grams: Hashes, texts: Ints, num_texts: int) -> tuple[Hashes, Ints]:
    """Without the n-grams that many sought texts hold."""
    limit = np.clip(COMMON_SHARE * num_texts, MIN_COMMON, MAX_COMMON)
    _, inverse, counts = np.unique(grams, return_inverse=True, return_counts=True)
    telling = (counts <= limit)[inverse]
    return grams[telling], texts[telling]


def _is_rare(grams: Ints, num_grams: int, num_rows: int) -> Ints:
    """Hits of n-grams that few rows hold."""
    counts = np.bincount(grams, minlength=max(num_grams, 1))
    return np.flatnonzero((counts <= max(COMMON_IN_ROWS * num_rows, MIN_COMMON_IN_ROWS))[grams])
