"""Similar pairs to clusters, each member of which is similar to the cluster's first text.

Chains are cut: a ~ b and b ~ c put c into a's cluster only if a ~ c holds too. What is cut off
starts clusters of its own, by the pairs that are left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from whet.data.overlap.features import Floats
from whet.data.overlap.join import Joined
from whet.data.overlap.words import Ints

Similarity = Callable[[Ints, Ints], Floats]


def leaders(joined: Joined, num_rows: int, similarity: Similarity) -> Ints:
    """For each row the first row of its cluster: itself when it is the first, or alone."""
    leader = np.arange(num_rows)
    component = _components(joined, num_rows)
    members = np.flatnonzero(component != leader)
    near = similarity(component[members], members) > 0
    leader[members[near]] = component[members[near]]
    is_open = np.zeros(num_rows, bool)
    is_open[members[~near]] = True
    return _joined_by_pairs(leader, is_open, joined)


def _components(joined: Joined, num_rows: int) -> Ints:
    """The first row of each row's connected component."""
    ones = np.ones(len(joined.first), np.int8)
    graph = sparse.coo_matrix((ones, (joined.first, joined.second)), (num_rows, num_rows))
    _, names = csgraph.connected_components(graph, directed=False)
    first = np.full(names.max(initial=-1) + 1, num_rows)
    np.minimum.at(first, names, np.arange(num_rows))
    component: Ints = first[names]
    return component


def _joined_by_pairs(leader: Ints, is_open: np.ndarray, joined: Joined) -> Ints:
    """Rows cut off from their component join the earliest leader that they form a pair with."""
    among = is_open[joined.second]
    first, second = joined.first[among], joined.second[among]
    order = np.lexsort((first, second))
    for earlier, row in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if leader[row] == row and leader[earlier] == earlier:
            leader[row] = earlier
    return leader
