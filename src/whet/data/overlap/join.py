"""Every pair of near copies among many texts, verified.

Two sets of weighted features that agree to `t` share a feature within the head of each, sorted
rarest first, whose tail weighs less than t of the whole (prefix filtering: Chaudhuri, Ganti and
Kaushik 2006; for the lighter of the two 2t / (1 + t) is enough: Bayardo, Ma and Srikant 2007). So
only texts that share a rare feature are ever compared:

    features, rarest first    a b c d | e f g h i j k l       t = 0.6
                              head      tail: less than 0.6 of the weight

Time and memory are bounded: on average a text is compared with no more than `MAX_COMPARED`
others. Beyond that, where very many texts share a rare feature, each is compared only with those
next to it by weight, and `Joined.num_capped` says for how many texts that was so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from whet.data.overlap.features import Floats
from whet.data.overlap.measure import EPSILON, Measure
from whet.data.overlap.words import Flags, Hashes, Ints, mixed

MAX_COMPARED = 64
MIN_BUDGET = 1 << 22
PAIRS_AT_ONCE = 1 << 25
LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Joined:
    """Pairs of rows, `first` < `second`, with their similarity.

    `num_compared` counts the pairs that were verified, `num_capped` the rows that share a rare
    feature with others they were not compared with.
    """

    first: Ints
    second: Ints
    similarity: Floats
    num_compared: int
    num_capped: int


def join(measure: Measure, sides: Flags | None = None) -> Joined:
    """All pairs of near copies; with `sides`, only those across the two sides."""
    threshold = measure.alike.pairs
    heads = _heads(measure, threshold)
    widest, num_capped = _widest(heads, len(measure.numbers))
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    num_compared = 0
    for pairs in _candidates(heads, measure.sets.totals, threshold, widest, sides):
        num_compared += len(pairs)
        found.append(_verified(pairs, measure))
    first, second, similarity = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Joined(first, second, similarity, num_compared, num_capped)


@dataclass(frozen=True, slots=True)
class _Heads:
    """The index: a key and a row an entry, sorted by key and then by the row's weight.

    `is_light` marks the shorter head, in which the lighter row of a pair has to have the feature.
    """

    keys: Hashes
    rows: Ints
    is_light: Flags


def _heads(measure: Measure, threshold: float) -> _Heads:
    """Features of the heads; rows with other numbers get other keys, so they never meet."""
    sets = measure.sets
    num_rows = len(sets.totals)
    lengths = np.diff(sets.starts)
    sums = np.concatenate([[0.0], np.cumsum(sets.weights[sets.ranks])])
    tails = np.repeat(sums[sets.starts[1:]], lengths) - sums[:-1]
    totals = np.repeat(sets.totals, lengths)
    in_head = tails >= threshold * totals - EPSILON
    is_light = (tails >= 2 * threshold / (1 + threshold) * totals - EPSILON)[in_head]
    rows = np.repeat(np.arange(num_rows), lengths)[in_head]
    by_weight = np.argsort(sets.totals, kind="stable")
    place = np.empty(num_rows, np.int64)
    place[by_weight] = np.arange(num_rows)
    # One sortable number an entry: key, place by weight, head.
    bits = np.uint64(max(num_rows, 2).bit_length() + 1)
    keys = mixed(sets.ranks[in_head].astype(np.uint64)) ^ measure.numbers[rows]
    entries = (keys >> bits) << bits | (place[rows] << 1 | is_light).astype(np.uint64)
    entries.sort()
    placed = (entries & (np.uint64(1) << bits) - np.uint64(1)).astype(np.int64)
    return _Heads(entries >> bits, by_weight[placed >> 1], (placed & 1).astype(bool))


def _widest(heads: _Heads, num_rows: int) -> tuple[int, int]:
    """How far apart in a list two rows may stand to be compared, and how many rows that cuts."""
    if not len(heads.keys):
        return 0, 0
    begins = np.flatnonzero(np.concatenate([[True], heads.keys[1:] != heads.keys[:-1]]))
    sizes = np.diff(begins, append=len(heads.keys))
    longer = np.cumsum(np.bincount(sizes)[::-1])[::-1]  # lists of at least so many entries
    pairs = np.cumsum(np.cumsum(longer[::-1])[::-1][2:])  # at distance 1, 2, ... or less
    budget = max(MAX_COMPARED * num_rows, MIN_BUDGET)
    widest = max(int(np.searchsorted(pairs, budget, side="right")), 1)
    cut = np.repeat(sizes > widest + 1, sizes)
    return widest, len(np.unique(heads.rows[cut]))


def _candidates(
    heads: _Heads, totals: Floats, threshold: float, widest: int, sides: Flags | None
) -> Iterator[Hashes]:
    """Pairs that may be similar, packed into one number each, without repeats in a batch."""
    batch: list[Hashes] = []
    alive = np.flatnonzero(heads.is_light)
    for distance in range(1, widest + 1):
        alive = alive[alive + distance < len(heads.keys)]
        alive = alive[heads.keys[alive] == heads.keys[alive + distance]]
        light, heavy = heads.rows[alive], heads.rows[alive + distance]
        near = totals[light] >= threshold * totals[heavy] - EPSILON
        alive, light, heavy = alive[near], light[near], heavy[near]  # the next is heavier still
        if not len(alive):
            break
        if sides is not None:
            across = sides[light] != sides[heavy]
            light, heavy = light[across], heavy[across]
        low, high = np.minimum(light, heavy), np.maximum(light, heavy)
        batch.append(low.astype(np.uint64) << HALF | high.astype(np.uint64))
        if sum(map(len, batch)) > PAIRS_AT_ONCE:
            yield np.unique(np.concatenate(batch))
            batch = []
    if batch:
        yield np.unique(np.concatenate(batch))


def _verified(pairs: Hashes, measure: Measure) -> tuple[Ints, Ints, Floats]:
    first, second = (pairs >> HALF).astype(np.int64), (pairs & LOW).astype(np.int64)
    similarity = measure.similarity(first, second)
    good = similarity > 0
    return first[good], second[good], similarity[good]
