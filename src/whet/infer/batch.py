"""Rows that are being answered: ended ones leave, waiting ones join, in one forward pass a token.

    columns   prefix | pad pad  question 1  an answ er
              prefix | pad question 2       so far
              prefix | pad pad pad pad pad  question 3      joined two tokens ago

The newest token of every row lies in the same column, so a row that joins is padded on the left
up to the others, or they up to it. Columns that are padding in all rows go when rows leave.

Shapes: B rows, V vocabulary.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.infer.past import Past, Prefix
from whet.infer.reader import Reader

SHARE = 0.25
"""Rows leave and join by a quarter of the batch: each time the whole cache is copied once."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows are answered at a time, and how many of their own tokens with padding."""

    rows: int
    tokens: int

    def take(self, waiting: deque[int], lengths: Sequence[int], num_rows: int, width: int) -> int:
        """How many of the waiting may join `num_rows` rows of `width` columns now."""
        if not waiting:
            return 0
        most = max(1, min(self.rows, self.tokens // max(1, width, lengths[waiting[0]])))
        free = min(most - num_rows, len(waiting))
        return free if num_rows == 0 or free >= min(len(waiting), SHARE * most) else 0


class AnswerBatch:
    """Rows that are answered together: their numbers, past, and logits after the newest tokens."""

    def __init__(
        self,
        reader: Reader,
        prefix: Prefix,
        suffixes: Sequence[Sequence[int]],
        limits: Sequence[int],
    ) -> None:
        self._reader, self._prefix = reader, prefix
        self._suffixes, self._limits = suffixes, limits
        self.numbers: list[int] = []
        self._past: Past | None = None
        self._logits_BV = torch.empty(0, 0, device=reader.device)
        nothing = torch.empty(0, dtype=torch.long, device=reader.device)
        self._positions_B = self._ends_B = self._pads_B = nothing

    @property
    def num_columns(self) -> int:
        """Own columns of the rows, padding included."""
        return self._past.num_columns if self._past else 0

    @property
    def logits_BV(self) -> Tensor:
        """What the next tokens are chosen from, in the order of `numbers`."""
        return self._logits_BV

    def join(self, numbers: Sequence[int]) -> None:
        """Read these rows' prompts; from now on they are answered with the others."""
        device = self._reader.device
        suffixes = [self._suffixes[number] for number in numbers]
        past, logits_BV = self._reader.read(self._prefix, suffixes)
        lengths_B = torch.tensor([len(suffix) for suffix in suffixes], device=device)
        limits_B = torch.tensor([self._limits[number] for number in numbers], device=device)
        positions_B = self._prefix.length + lengths_B
        width = past.num_columns
        pads_B = width - lengths_B
        if self._past is None or not self.numbers:
            self._past, self._logits_BV = past, logits_BV
            self._positions_B, self._pads_B = positions_B, pads_B
            self._ends_B = positions_B + limits_B
        else:
            before = self._past.num_columns
            self._past.join(past)
            self._logits_BV = torch.cat([self._logits_BV, logits_BV])
            self._positions_B = torch.cat([self._positions_B, positions_B])
            self._ends_B = torch.cat([self._ends_B, positions_B + limits_B])
            self._pads_B = torch.cat(
                [self._pads_B + max(0, width - before), pads_B + max(0, before - width)]
            )
        self.numbers = [*self.numbers, *numbers]

    def step(self, tokens_B: Tensor, live: set[int]) -> None:
        """Append a token to each row, first leaving out those that ended if they are many."""
        if len(live) <= (1 - SHARE) * len(self.numbers):
            tokens_B = self._keep(tokens_B, live)
        if not self.numbers:
            return
        assert self._past is not None
        self._logits_BV = self._reader.step(self._past, tokens_B, self._positions_B, self._pads_B)
        # Ended rows that still wait here stay inside the context.
        self._positions_B = torch.minimum(self._positions_B + 1, self._ends_B - 1)

    def _keep(self, tokens_B: Tensor, live: set[int]) -> Tensor:
        """Forget the rows that are not live; returns the tokens of the others."""
        kept = [i for i, number in enumerate(self.numbers) if number in live]
        self.numbers = [self.numbers[i] for i in kept]
        if not kept:
            self._past = None
            return tokens_B[:0]
        assert self._past is not None
        index = torch.tensor(kept, device=self._reader.device)
        pads_B = self._pads_B[index]
        surplus = int(pads_B.min())
        self._past.keep(index, surplus)
        self._pads_B = pads_B - surplus
        self._positions_B, self._ends_B = self._positions_B[index], self._ends_B[index]
        return tokens_B[index]
