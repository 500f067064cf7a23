"""Texts that stand inside others with words changed: how much of them is still there.

Of a sought text, its word pairs are looked for within 256 words of a row, and each weighs by how
rare it is. A text of 45 words with ten of them changed keeps about six pairs in ten; an unrelated
row shares one in ten at most, and common ones. Where enough pairs are found, the words must stand
in the same order and about as far apart.

A row is cut into windows, each half over the next, so that a long row does not come to hold
everything by its length. Of long texts the first 128 words are looked for: in what is longer, ten
changed words leave 13 in a row for `ngrams` to find.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from whet.data.overlap.features import Floats, rarity
from whet.data.overlap.ngrams import Pairs, blocks
from whet.data.overlap.words import Flags, Hashes, Ids, Ints, Words

MIN_WORDS, MAX_WORDS = 20, 128
STEP = 128
NUM_CHANGED = 10
"""Words that may be changed. A text of 20 words is then half another; none shorter is sought."""

PAIRS_KEPT, MIN_PAIRS_SHARE = 0.65, 0.18
WORDS_KEPT = 0.75
"""Of what `NUM_CHANGED` words leave of a text, these shares have to be found. On 3,300 clean rows
against 15,418 items of GSM8K and MMLU they give 0.3 % false alarms."""

SHIFT = 5
"""Words by which a word may have moved against the rest of the text."""

MAX_WINDOWS = 1000
"""A word pair that more windows hold is too common to tell anything."""

TEXTS_AT_ONCE = 2000


class _Incidence(NamedTuple):
    """Which feature is in which text or window; each pair once."""

    features: Ints
    holders: Ints


def held_in_part(rows: Words, sought: Words) -> Pairs:
    """The rows that hold sought texts of 20 words or more, also with many words changed.

    Both have to be numbered by the same `read_words`.
    """
    chosen = np.flatnonzero(sought.lengths >= MIN_WORDS)
    if not len(chosen) or not rows.num_rows:
        return Pairs.none()
    texts = sought.take(chosen)
    bases = _bases(rows)
    windows, found, shares = _sharing_pairs(texts, rows, bases)
    owners = np.searchsorted(bases, windows, side="right") - 1
    good = _in_place(texts, rows, found, owners, windows - bases[owners])
    order = np.lexsort((-shares[good], found[good], owners[good]))
    pairs, best = np.unique(
        np.stack([owners[good], found[good]])[:, order], axis=1, return_index=True
    )
    return Pairs(pairs[0], chosen[pairs[1]], shares[good][order][best])


def _bases(rows: Words) -> Ints:
    """The number of each row's first window, and how many there are in all [rows + 1]."""
    return np.concatenate([[0], np.cumsum(np.maximum(-(-rows.lengths // STEP), 1))])


def _sharing_pairs(texts: Words, rows: Words, bases: Ints) -> tuple[Ints, Ints, Floats]:
    """Windows, texts and shares of weight, where a window holds enough of a text's word pairs."""
    keys, of_text, places = _word_pairs(texts)
    inside = places < MAX_WORDS
    known, features = np.unique(keys[inside], return_inverse=True)
    in_texts = _once(features, of_text[inside], len(known))
    in_windows = _in_windows(rows, known, bases)
    num_windows = np.bincount(in_windows.features, minlength=len(known))
    num_texts = np.bincount(in_texts.features, minlength=len(known))
    weights = rarity(num_windows + num_texts, texts.num_rows + int(bases[-1]))
    weights[num_windows > MAX_WINDOWS] = 0.0
    of_texts = _matrix(in_texts, weights[in_texts.features], (texts.num_rows, len(known)))
    of_windows = _matrix(in_windows, np.ones(len(in_windows.features)), (bases[-1], len(known)))
    totals = np.maximum(np.asarray(of_texts.sum(axis=1)).ravel(), 1e-9)
    left = _left(texts)
    wanted = np.maximum(PAIRS_KEPT * left**2, MIN_PAIRS_SHARE)
    parts = []
    for first in range(0, texts.num_rows, TEXTS_AT_ONCE):
        shared = (of_texts[first : first + TEXTS_AT_ONCE] @ of_windows.T).tocoo()
        shares = shared.data / totals[shared.row + first]
        good = shares >= wanted[shared.row + first]
        parts.append((shared.col[good].astype(np.int64), shared.row[good] + first, shares[good]))
    windows, found, shares = (np.concatenate(part) for part in zip(*parts, strict=True))
    return windows, found, shares


def _left(texts: Words) -> Floats:
    """The share of each text's words that ten changed ones leave."""
    lengths = texts.lengths.clip(max=MAX_WORDS)
    left: Floats = (lengths - NUM_CHANGED) / lengths
    return left


def _matrix(held: _Incidence, data: Floats, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((data, (held.holders, held.features)), shape=shape)


def _word_pairs(words: Words) -> tuple[Hashes, Ints, Ints]:
    """Two words in a row as a number, the text it is in, and where."""
    ids = words.ids.astype(np.uint64)
    texts = np.repeat(np.arange(words.num_rows), np.diff(words.starts))
    places = np.arange(len(ids)) - words.starts[texts]
    inside = np.flatnonzero((ids[:-1] != 0) & (ids[1:] != 0)) if len(ids) else np.zeros(0, int)
    keys = ids[inside] * np.uint64(len(words.is_number)) + ids[inside + 1]
    return keys, texts[inside], places[inside]


def _in_windows(rows: Words, known: Hashes, bases: Ints) -> _Incidence:
    """Known word pairs in each window; a pair is in up to two, as windows overlap by half."""
    features, windows = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first, last in blocks(rows):
        keys, of_row, places = _word_pairs(rows.part(first, last))
        found = np.searchsorted(known, keys).clip(max=max(len(known) - 1, 0))
        same = known[found] == keys if len(known) else np.zeros(len(keys), bool)
        steps, window = places[same] // STEP, bases[of_row[same] + first]
        earlier = steps > 0
        features += [found[same], found[same][earlier]]
        windows += [window + steps, (window + steps - 1)[earlier]]
    return _once(np.concatenate(features), np.concatenate(windows), len(known))


def _once(features: Ints, holders: Ints, num_features: int) -> _Incidence:
    packed = np.unique(holders * max(num_features, 1) + features)
    return _Incidence(packed % max(num_features, 1), packed // max(num_features, 1))


def _in_place(texts: Words, rows: Words, found: Ints, owners: Ints, windows: Ints) -> Ints:
    """Those candidates in which the words stand in the text's order, about as far apart."""
    counts = np.bincount(texts.ids, minlength=len(texts.is_number))
    counts += np.bincount(rows.ids, minlength=len(texts.is_number))
    weights = rarity(counts, texts.num_rows + rows.num_rows).clip(min=0.0)
    left = _left(texts)
    good = []
    for number, (text, row, window) in enumerate(zip(found, owners, windows, strict=True)):
        begin, end = texts.starts[text], texts.starts[text + 1] - 1
        sought = texts.ids[begin : min(end, begin + MAX_WORDS)]
        begin, end = rows.starts[row] + window * STEP, rows.starts[row + 1] - 1
        kept = _kept(sought, rows.ids[begin : min(end, begin + 2 * STEP)])
        weight = weights[sought]
        if weight[kept].sum() >= WORDS_KEPT * left[text] * weight.sum():
            good.append(number)
    return np.array(good, dtype=np.int64)


def _kept(sought: Ids, there: Ids) -> Flags:
    """Which words stand at their place, give or take `SHIFT`, where most word pairs do."""
    same = sought[:, None] == there[None, :]
    shifts = np.arange(len(there))[None, :] - np.arange(len(sought))[:, None] + len(sought)
    votes = np.bincount(shifts[:-1, :-1][same[:-1, :-1] & same[1:, 1:]], minlength=1)
    best = int(np.convolve(votes, np.ones(2 * SHIFT + 1), "same").argmax())
    kept: Flags = (same & (np.abs(shifts - best) <= SHIFT)).any(axis=1)
    return kept
