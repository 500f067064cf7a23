"""How a row's attention is computed: its segments in batches of nearly equal shape.

Segments with the same ancestors ask the same keys, so they form one batch: their queries against
the shared keys are one matrix product, against their own keys a batched one. Within the batch they
are padded to the longest, which is near because segments are grouped by length. A long segment is
cut into pieces, each the child of those before it, so scores never exceed PIECE x (past + PIECE).

Tokens of rows before (`Row.after`) are shared keys of every segment. In the table's row ranges they
stand behind the row's own: [T, T + B) for T tokens with B before them.

            shared keys P     own keys L
    query   ###############   #....          all children of a parent start at the same depth,
    rows    ###############   ##...          so one mask [L, P + L] serves the whole batch
            ###############   ###..
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from weakref import ReferenceType

import numpy as np
import torch
from torch import Tensor

from whet.rows.row import ROOT, Ints, Row, Segment

PIECE = 256
MIN_FILL = 0.75
SMALL_GAP = 8
Ranges = tuple[tuple[int, int], ...]


class Layers(dict[int, tuple[Tensor, Tensor]]):
    """Keys and values [G, T, D] of a row's tokens, by layer."""


@dataclass(slots=True, eq=False)
class Batch:
    """S segments padded to L tokens, which see the same P tokens before them.

    Attributes:
        gather: [S * L] row position of each slot; padded slots repeat the row's first position.
        filled: [n] slots that hold a token, or None when all do.
        tokens: [n] row position of each filled slot.
        shared: row ranges of the P shared tokens, in order.
    """

    num_segments: int
    length: int
    gather: Tensor
    filled: Tensor | None
    tokens: Tensor
    shared: Ranges
    num_shared: int
    masks: dict[int | None, Tensor] = field(default_factory=dict)

    def mask(self, window: int | None, dtype: torch.dtype) -> Tensor:
        """Additive causal mask, [L, L] of the own keys: the shared ones are seen whole.

        With a `window` in positions it is [L, P + L]: of the shared keys only the last are seen.
        Masks live as long as the row, and those over shared keys grow with its square.
        """
        found = self.masks.get(window)
        if found is None or found.dtype != dtype:
            width, past = self.length, 0 if window is None else self.num_shared
            query = torch.arange(past, past + width, device=self.gather.device)[:, None]
            key = torch.arange(past + width, device=self.gather.device)[None, :]
            hidden = key > query
            if window is not None:
                hidden |= query - key >= window
            found = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device)
            self.masks[window] = found.masked_fill_(hidden, -torch.inf)
        return found


@dataclass(slots=True, eq=False)
class SegmentTable:
    """What the attention function needs of a row; travels as `segments=` of `model(...)`.

    `before` holds, for each row that this one comes after, its keys and values; `kept` receives
    this row's own where others come after it. It is weak: the graph of a row holds its table, so a
    table that held the row's keys would never be freed.
    """

    num_tokens: int
    batches: tuple[Batch, ...]
    num_before: int = 0
    before: tuple[Layers, ...] = ()
    kept: ReferenceType[Layers] | None = None

    @staticmethod
    def of(row: Row, device: torch.device | None = None) -> SegmentTable:
        """The table of a row, its index tensors on `device`."""
        pieces = _pieces(row.segments)
        before = ((row.num_tokens, row.num_tokens + row.num_before),) if row.num_before else ()
        ancestors = _ancestors(pieces, before)
        families: dict[int, list[int]] = {}
        for index, piece in enumerate(pieces):
            families.setdefault(piece.parent, []).append(index)
        batches = [
            _batch([pieces[i] for i in group], ancestors[group[0]], device)
            for family in families.values()
            for group in _of_similar_length(family, pieces)
        ]
        return SegmentTable(row.num_tokens, tuple(batches), row.num_before)


def _pieces(segments: Sequence[Segment]) -> list[Segment]:
    """The segments with long ones cut into chains of even pieces; parents renumbered."""
    pieces: list[Segment] = []
    last_piece: list[int] = []
    for segment in segments:
        count = -(-(segment.end - segment.start) // PIECE)
        borders = np.linspace(segment.start, segment.end, count + 1).round().astype(int).tolist()
        parent = ROOT if segment.parent == ROOT else last_piece[segment.parent]
        for start, end in pairwise(borders):
            pieces.append(Segment(start, end, parent))
            parent = len(pieces) - 1
        last_piece.append(parent)
    return pieces


def _ancestors(pieces: Sequence[Segment], before: Ranges) -> list[Ranges]:
    """For each piece the row ranges before it on its path, adjoining ones joined."""
    paths: list[Ranges] = []
    for piece in pieces:
        if piece.parent == ROOT:
            paths.append(before)
            continue
        above, parent = paths[piece.parent], pieces[piece.parent]
        if above and above[-1][1] == parent.start:
            paths.append((*above[:-1], (above[-1][0], parent.end)))
        else:
            paths.append((*above, (parent.start, parent.end)))
    return paths


def _of_similar_length(family: Sequence[int], pieces: Sequence[Segment]) -> Iterator[list[int]]:
    def length(index: int) -> int:
        return pieces[index].end - pieces[index].start

    group: list[int] = []
    for index in sorted(family, key=lambda i: (-length(i), i)):
        if group and length(index) < min(MIN_FILL * length(group[0]), length(group[0]) - SMALL_GAP):
            yield group
            group = []
        group.append(index)
    yield group


def _batch(group: Sequence[Segment], shared: Ranges, device: torch.device | None) -> Batch:
    lengths = np.array([piece.end - piece.start for piece in group])
    starts = np.array([piece.start for piece in group])
    longest = int(lengths.max())
    slots = np.arange(longest)
    filled = slots[None, :] < lengths[:, None]
    gather = np.where(filled, starts[:, None] + slots[None, :], 0)

    def to_device(array: Ints) -> Tensor:
        return torch.from_numpy(array).to(device)

    return Batch(
        num_segments=len(group),
        length=longest,
        gather=to_device(gather.reshape(-1)),
        filled=None if filled.all() else to_device(np.flatnonzero(filled)),
        tokens=to_device(gather[filled]),
        shared=shared,
        num_shared=sum(end - start for start, end in shared),
    )
