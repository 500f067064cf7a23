"""Near duplicates: texts that are word for word alike but for a few words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from whet.data.overlap.clusters import leaders
from whet.data.overlap.join import join
from whet.data.overlap.measure import Alike, Measure
from whet.data.overlap.words import Ints, Words, read_words

NEAR = Alike(pairs=0.6, words=0.7)
"""Read off clusters of Banking77, CLINC150 and E2E: most above are copies, most below are not."""
MIN_WORDS = 8
"""Texts with fewer words are not compared: a word more or less makes them another text."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts that are near copies of the first of them; `similarity` [texts] is with the first."""

    ids: tuple[str, ...]
    similarity: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Clusters, the largest first.

    Exact copies count as one text and are only in `num_copies`; `num_short` texts were too short
    to be compared; for `num_compared` and `num_capped` see `Joined`.
    """

    clusters: list[Cluster]
    num_texts: int
    num_copies: int
    num_short: int
    num_compared: int
    num_capped: int


def near_duplicates(
    texts: Iterable[tuple[str, str]], alike: Alike = NEAR, min_words: int = MIN_WORDS
) -> NearDuplicates:
    """Clusters of near copies among texts, each given with an id; they are read once.

    A million texts of 8 to 40 words take 17 s on one core and 0.8 GB over the texts themselves
    (benchmarks/near_duplicates.py); a million of one template, the worst case, 100 s and 3.1 GB.
    """
    ids: list[str] = []
    words = read_words(_without_ids(texts, ids))
    kept, num_copies = _representatives(words, min_words)
    chosen = words.take(kept)
    num_short = len(ids) - num_copies - len(kept)
    del words
    measure = Measure(chosen, alike)
    joined = join(measure)
    leader = leaders(joined, len(kept), measure.similarity)
    clusters = [
        Cluster(tuple(ids[kept[row]] for row in rows), tuple(similarity))
        for rows, similarity in _clusters(leader, measure)
    ]
    return NearDuplicates(
        clusters, len(ids), num_copies, num_short, joined.num_compared, joined.num_capped
    )


def _without_ids(texts: Iterable[tuple[str, str]], ids: list[str]) -> Iterator[str]:
    for name, text in texts:
        ids.append(name)
        yield text


def _representatives(words: Words, min_words: int) -> tuple[Ints, int]:
    """The first of each group of exact copies, if long enough, and how many copies there are."""
    _, first = np.unique(words.digests(), return_index=True)
    first.sort()
    return first[words.lengths[first] >= min_words], words.num_rows - len(first)


def _clusters(leader: Ints, measure: Measure) -> Iterator[tuple[list[int], list[float]]]:
    """Rows and similarities of each cluster of two or more, the largest first."""
    sizes = np.bincount(leader, minlength=len(leader))
    rows = np.flatnonzero(sizes[leader] > 1)
    rows = rows[np.lexsort((rows, leader[rows], -sizes[leader[rows]]))]
    similarity = np.where(leader[rows] == rows, 1.0, measure.similarity(leader[rows], rows))
    begins = np.append(np.flatnonzero(leader[rows] == rows), len(rows))
    for begin, end in pairwise(begins.tolist()):
        yield rows[begin:end].tolist(), similarity[begin:end].tolist()
