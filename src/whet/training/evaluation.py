"""Losses without gradients: for validation, and for the gate on forgetting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from whet.errors import Interrupted
from whet.rows.attention import pads_rows, row_attention
from whet.rows.packing import pack
from whet.rows.row import Row
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.earlier import EarlierRows
from whet.training.forward import RowTensors, evaluation_mode, rope_border, row_loss
from whet.training.path import choose_path
from whet.training.step import sequences_of

EVALUATION_TOKENS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TokenLosses:
    """For each example the sum of its token losses (nats) and how many tokens that are."""

    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean loss per example, in nats a token."""
        means: NDArray[np.float64] = self.sums / self.counts
        return means

    @property
    def mean(self) -> float:
        """Mean over all tokens, as the training loss is."""
        return float(self.sums.sum() / self.counts.sum())


def token_losses(
    model: Any,
    examples: Sequence[RenderedExample],
    *,
    tokens_per_row: int = EVALUATION_TOKENS,
    should_stop: Callable[[], bool] = lambda: False,
    align: Callable[[list[Row]], list[Row]] = list,
) -> TokenLosses:
    """The losses of the examples' trained tokens under the model as it is now.

    Raises:
        Interrupted: asked to stop; nothing was changed.
    """
    sequences, owners = sequences_of(examples)
    sums = np.zeros(len(examples))
    counts = np.zeros(len(examples), np.int64)
    of_example = np.asarray(owners, np.int64)
    losses = sequence_losses(model, sequences, tokens_per_row, should_stop, align)
    np.add.at(sums, of_example, losses)
    np.add.at(counts, of_example, [sequence.num_loss_tokens for sequence in sequences])
    return TokenLosses(sums, counts)


def sequence_losses(
    model: Any,
    sequences: Sequence[TokenSequence],
    tokens_per_row: int = EVALUATION_TOKENS,
    should_stop: Callable[[], bool] = lambda: False,
    align: Callable[[list[Row]], list[Row]] = list,
) -> NDArray[np.float64]:
    """For each sequence the sum of its token losses, in nats: its negative log-probability.

    `align` fills up the rows where ranks compute row by row together (`training.sharding`).

    Raises:
        Interrupted: asked to stop; nothing was changed.
    """
    sums = np.zeros(len(sequences))
    choose_path(model)
    with row_attention(model), evaluation_mode(model), torch.no_grad():
        rows = pack(
            sequences,
            tokens_per_row,
            share_prefixes=not pads_rows(model),
            prefix_rows=align is list,
            border=rope_border(model.config),
        )
        rows = align(rows)
        earlier = EarlierRows(rows)
        for index, row in enumerate(rows):
            if should_stop():
                raise Interrupted("stopped as asked, during an evaluation.")
            tensors = RowTensors.of(row, model.device)
            earlier.enter(index, tensors.table)
            _, losses = row_loss(model, tensors)
            earlier.leave(index, None)
            np.add.at(sums, tensors.owners.cpu().numpy(), losses.double().cpu().numpy())
    return sums
