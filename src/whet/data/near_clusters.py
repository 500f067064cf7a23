"""Near duplicates as splits and `whet clean` take them: a cluster number for each row."""

from __future__ import annotations

from collections.abc import Sequence

from whet.types import Example


def near_copies(examples: Sequence[Example]) -> list[int]:
    """Numbers for dropping: every row of a cluster is near its first row. Alone, a row has its own.

    Chains are cut, so that no row is dropped for being like a row that is like a third.
    """
    # Needs numpy and scipy, which importing the room does not load.
    from whet.data.overlap.near import near_duplicates
    from whet.data.overlap.texts import input_text

    numbers = list(range(len(examples)))
    texts = ((str(number), input_text(row)) for number, row in enumerate(examples))
    for cluster in near_duplicates(texts).clusters:
        for member in cluster.ids:
            numbers[int(member)] = int(cluster.ids[0])
    return numbers


def linked(examples: Sequence[Example]) -> list[int]:
    """Numbers for splitting: what near pairs join, however long the chain, has one number.

    With cut chains, two rows that are near each other could still be parted, and would leak.
    """
    # These need numpy and scipy, which importing the room does not load.
    import numpy as np
    from scipy import sparse
    from scipy.sparse import csgraph

    from whet.data.overlap.join import join
    from whet.data.overlap.measure import Measure
    from whet.data.overlap.near import MIN_WORDS, NEAR
    from whet.data.overlap.texts import input_text
    from whet.data.overlap.words import read_words

    words = read_words(input_text(row) for row in examples)
    kept = np.flatnonzero(words.lengths >= MIN_WORDS)
    joined = join(Measure(words.take(kept), NEAR))
    pairs = (np.ones(len(joined.first), np.int8), (kept[joined.first], kept[joined.second]))
    graph = sparse.coo_matrix(pairs, (len(examples), len(examples)))
    return [int(name) for name in csgraph.connected_components(graph, directed=False)[1]]
