"""The one format of a micro-batch: a flat row of tokens, its segments and its loss.

    tokens      S y s t e m  Q 1  A 1  Q 2  A 2
    positions   0 1 2 3 4 5  6 7  8 9  6 7  8 9
    segments    [0, 6) root  [6, 10) in 0  [10, 14) in 0
    loss        (7 -> A), (8 -> 1), (11 -> A), (12 -> 2)

A segment sees itself causally and its ancestors whole; positions count along the path from the
root. Packing without padding, shared prefixes, masks over several turns and pairs are all this one
format. The loss is a list of triples (row position, target token, weight), so no label is ever
shifted over a border, a position that several examples share carries all their targets, and
duplicates add up.

A prefix that would stand in several rows is a row of its own, which those come `after`: their
roots see all its tokens, and their positions go on where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
ROOT = -1


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Tokens [start, end) of a row, after the segment `parent` (-1: after nothing)."""

    start: int
    end: int
    parent: int


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A micro-batch. T tokens, N loss triples.

    Attributes:
        tokens: [T] token ids.
        positions: [T] distance from the root of each token's path.
        segments: in order of `start`; a parent comes before its children.
        loss_positions: [N] row position that predicts.
        loss_targets: [N] token to be predicted.
        loss_weights: [N] weight of each prediction in the step's sum.
        loss_owners: [N] index of the sequence, in the step, that the prediction belongs to.
        after: index, in the step's list of rows, of the row that comes before; -1: none does.
        num_before: tokens of that row and of those before it.
    """

    tokens: Ints
    positions: Ints
    segments: tuple[Segment, ...]
    loss_positions: Ints
    loss_targets: Ints
    loss_weights: Floats
    loss_owners: Ints
    after: int = ROOT
    num_before: int = 0

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    @property
    def total_weight(self) -> float:
        return float(self.loss_weights.sum(dtype=np.float64))
