"""How many examples a packed row holds, measured on the rows themselves.

A trainer that packs fills rows of `sequence_len` tokens with several examples, so its batch size
counts rows. Optimizer steps have to see as many examples as before, or a learning rate and a
number of epochs that were found there mean something else here.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of training rows in tokens, or of some of them, and how they were measured."""

    tokens: Sequence[int]
    num_rows: int
    measure: str


def packed_share(lengths: Sequence[int], max_tokens: int) -> float:
    """Examples in a packed row on average: best fit, the longest first.

    A row that is longer fills one alone, as a trainer that cuts it would have it.
    """
    free: list[int] = []
    num_rows = 0
    for length in sorted((min(length, max_tokens) for length in lengths), reverse=True):
        place = bisect.bisect_left(free, length)
        if place == len(free):
            num_rows += 1
            left = max_tokens - length
        else:
            left = free.pop(place) - length
        if left:
            bisect.insort(free, left)
    return len(lengths) / num_rows if num_rows else 1.0
