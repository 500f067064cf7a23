"""Each text as a set of weighted word pairs; rare pairs weigh much, shared instructions little.

A pair that `df` of `n` texts hold weighs log((n + 10) / df), but no more than log(1000): next to
nothing when all hold it, most when no more than one in a thousand does. Pairs that a single text
holds cannot be shared; they count in the text's total weight and are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.data.overlap.words import Hashes, Ints, Words, mixed

Floats = np.ndarray[Any, np.dtype[np.float64]]

MAX_WEIGHT = float(np.log(1000))
"""Without it, copies that a thousand others share would count less than a slip of the pen."""


@dataclass(frozen=True, slots=True)
class WeightedSets:
    """The shared features of each row, rarest first, in rows of a flat array.

    `ranks[starts[r]:starts[r + 1]]` are row r's features, ascending; a feature's number is its
    rank by frequency. `weights` is by rank; `totals` [rows] counts unshared features too.
    """

    ranks: Ints
    starts: Ints
    weights: Floats
    totals: Floats


def weighted_sets(words: Words) -> WeightedSets:
    """The word pairs of each row, weighed by how many of these rows hold them."""
    lonely, keys, rows = _pairs(words)
    row_bits = max(words.num_rows - 1, 1).bit_length()
    packed = _packed(keys, rows, row_bits)
    del keys, rows
    first = np.concatenate([[True], packed[1:] >> row_bits != packed[:-1] >> row_bits])
    begins = np.flatnonzero(first[: len(packed)])
    frequencies = np.diff(begins, append=len(packed))
    shared = frequencies > 1
    rows = (packed & np.uint64((1 << row_bits) - 1)).astype(np.int64)
    lonely += np.bincount(rows[begins[~shared]], minlength=words.num_rows)
    order = np.argsort(frequencies[shared], kind="stable")
    rank_of = np.empty(len(order), np.uint64)
    rank_of[order] = np.arange(len(order))
    ranks = np.repeat(rank_of, frequencies[shared])
    rows = rows[np.repeat(shared, frequencies)]
    del packed, first, begins
    weights = rarity(frequencies[shared][order], words.num_rows)
    return _by_row(ranks, rows, weights, lonely * rarity(np.ones(1), words.num_rows))


def rarity(frequencies: Ints | Floats, num_rows: int) -> Floats:
    """The weights of features that so many of `num_rows` texts hold."""
    return np.minimum(np.log((num_rows + 10) / np.maximum(frequencies, 1)), MAX_WEIGHT)


def _pairs(words: Words) -> tuple[Ints, Hashes, Ints]:
    """For each row the number of pairs that only it can hold; keys and rows of the others."""
    ids = words.ids
    counts = np.bincount(ids, minlength=len(words.is_number))
    rare = (counts == 1)[ids]
    rows = np.repeat(np.arange(words.num_rows), np.diff(words.starts))
    inside = (ids[:-1] != 0) & (ids[1:] != 0)
    alone = inside & (rare[:-1] | rare[1:])
    lonely = np.bincount(rows[:-1][alone], minlength=words.num_rows)
    places = np.flatnonzero(inside & ~alone)
    keys = ids[places].astype(np.uint64) * np.uint64(len(counts)) + ids[places + 1].astype(
        np.uint64
    )
    return lonely, keys, rows[places]


def _packed(keys: Hashes, rows: Ints, row_bits: int) -> Hashes:
    """Sorted numbers without repeats: the key in the high bits, the row in the low ones.

    A key with too many bits is hashed into those there are. With a million rows these are 44;
    two of ten million pairs collide by chance about three times in all.
    """
    key_bits = 64 - row_bits
    if len(keys) and int(keys.max()) >> key_bits:
        keys = mixed(keys) >> np.uint64(row_bits)
    packed = keys << np.uint64(row_bits) | rows.astype(np.uint64)
    packed.sort()
    fresh = np.ones(len(packed), bool)
    np.not_equal(packed[1:], packed[:-1], out=fresh[1:])
    return packed[fresh]


def _by_row(ranks: Hashes, rows: Ints, weights: Floats, lonely: Floats) -> WeightedSets:
    """Sorts the features into their rows, rarest first."""
    rank_bits = max(len(weights), 1).bit_length()
    packed = rows.astype(np.uint64) << np.uint64(rank_bits) | ranks
    packed.sort()
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(lonely)))])
    sorted_ranks = (packed & np.uint64((1 << rank_bits) - 1)).astype(np.int64)
    sums = np.concatenate([[0.0], np.cumsum(weights[sorted_ranks])])
    return WeightedSets(
        sorted_ranks, starts, weights, lonely + sums[starts[1:]] - sums[starts[:-1]]
    )
