"""Several rankings as one."""

from __future__ import annotations

from collections.abc import Sequence

RANK_OFFSET = 60


def fuse_ranks(
    rankings: Sequence[Sequence[int]], offset: int = RANK_OFFSET
) -> list[tuple[int, float]]:
    """Items with score sum_r 1 / (offset + rank_r), best first; of equals the smaller item first.

    Ranks begin at 1, and a ranking that lacks an item adds nothing for it. Reciprocal rank
    fusion, Cormack, Clarke and Buettcher, SIGIR 2009; offset 60 as there.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (offset + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
