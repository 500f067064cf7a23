"""How alike two texts are: by their word pairs first, then by their words, never across numbers.

Two texts are near copies when

    their word pairs agree to `pairs`:  order and wording are kept        (weighted Jaccard)
    their words agree to `words`:       what differs is not what it says  (weighted Jaccard)
    they hold the same numbers:         a template filled in twice is no copy

The second line tells `How can I fix my card?` / `How do I fix my card?` from `... my door?`:
rare words weigh more, so one other noun in a short question is another question.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from whet.data.overlap.features import Floats, WeightedSets, rarity, weighted_sets
from whet.data.overlap.words import Ints, Words

AT_ONCE = 1 << 17
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Alike:
    """How much of their weight two texts have to share, in (0, 1]."""

    pairs: float
    words: float


class Measure:
    """The similarity of texts among each other; how rare a word is, is counted in them."""

    def __init__(self, words: Words, alike: Alike) -> None:
        self.alike = alike
        self.sets: WeightedSets = weighted_sets(words)
        self.numbers = words.number_digests()
        self._words = words
        ones = np.ones(len(self.sets.ranks), np.int8)
        shape = (words.num_rows, max(len(self.sets.weights), 1))
        self._pairs = sparse.csr_matrix((ones, self.sets.ranks, self.sets.starts), shape=shape)
        counts = np.bincount(words.ids, minlength=len(words.is_number)).clip(1, words.num_rows)
        self._word_weights = rarity(counts, words.num_rows)
        self._word_weights[0] = 0.0

    def similarity(self, first: Ints, second: Ints) -> Floats:
        """By word pairs, for each pair of near copies; 0 for what is none."""
        parts = [
            self._of_some(first[start : start + AT_ONCE], second[start : start + AT_ONCE])
            for start in range(0, len(first), AT_ONCE)
        ]
        return np.concatenate([np.zeros(0), *parts])

    def _of_some(self, first: Ints, second: Ints) -> Floats:
        shared = _weight(self._pairs[first].multiply(self._pairs[second]), self.sets.weights)
        either = self.sets.totals[first] + self.sets.totals[second] - shared
        similarity = shared / np.maximum(either, EPSILON)
        near = similarity >= self.alike.pairs - EPSILON
        near &= self.numbers[first] == self.numbers[second]
        near[near] = self._by_words(first[near], second[near]) >= self.alike.words - EPSILON
        return np.where(near, similarity, 0.0)

    def _by_words(self, first: Ints, second: Ints) -> Floats:
        one, other = self._word_sets(first), self._word_sets(second)
        shared = _weight(one.multiply(other), self._word_weights)
        either = _weight(one, self._word_weights) + _weight(other, self._word_weights) - shared
        return shared / np.maximum(either, EPSILON)

    def _word_sets(self, rows: Ints) -> sparse.csr_matrix:
        some = self._words.take(rows)
        shape = (len(rows), len(self._word_weights))
        sets = sparse.csr_matrix((np.ones(len(some.ids)), some.ids, some.starts), shape=shape)
        sets.sum_duplicates()
        return sets


def _weight(sets: sparse.spmatrix, weights: Floats) -> Floats:
    """The weight of each row's features, each counted once."""
    rows = sets.tocsr()
    sums = np.concatenate([[0.0], np.cumsum(weights[rows.indices])])
    total: Floats = sums[rows.indptr[1:]] - sums[rows.indptr[:-1]]
    return total
