"""A row through the model: hidden states where something is predicted, then the loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.rows.attention import pads_rows
from whet.rows.row import Row, Segment
from whet.rows.segments import SegmentTable
from whet.training.loss import HeadLoss, HeadSetting, LossTensors
from whet.training.padded import padded_hidden
from whet.training.sharding import through_root


@dataclass(frozen=True, slots=True, eq=False)
class RowTensors:
    """A row on the device. `owners` [N] says for each loss triple whose it is."""

    tokens: Tensor
    positions: Tensor
    segments: tuple[Segment, ...]
    table: SegmentTable
    loss: LossTensors
    owners: Tensor

    @staticmethod
    def of(row: Row, device: torch.device | None = None) -> RowTensors:
        """The row with its attention table and its loss triples sorted by position."""
        order = np.argsort(row.loss_positions, kind="stable")
        positions, index, counts = np.unique(
            row.loss_positions[order], return_inverse=True, return_counts=True
        )
        bounds = np.concatenate([[0], np.cumsum(counts)]).tolist()

        def put(array: Any) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        loss = LossTensors(
            put(positions),
            put(index.astype(np.int64)),
            put(row.loss_targets[order]),
            put(row.loss_weights[order]),
            bounds,
        )
        return RowTensors(
            tokens=put(row.tokens)[None],
            positions=put(row.positions)[None],
            segments=row.segments,
            table=SegmentTable.of(row, device),
            loss=loss,
            owners=put(row.loss_owners[order]),
        )


@contextmanager
def evaluation_mode(model: Any) -> Iterator[None]:
    """Within it no module drops anything out; afterwards each is in the mode it was in."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def rope_border(config: Any) -> int | None:
    """The length beyond which this model turns all positions of a row differently, if any."""
    parameters = getattr(config, "rope_parameters", None) or {}
    kinds = [parameters, *[part for part in parameters.values() if isinstance(part, dict)]]
    borders = [
        kind["original_max_position_embeddings"]
        for kind in kinds
        if kind.get("rope_type") == "longrope"
    ]
    return min(borders, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class RowLoss:
    """What a row adds to the step's sum.

    Attributes:
        gradient: scalar; going backward from it gives the gradient of the row's part of the sum.
        value: the row's part of the sum.
        losses: [N] negative log-probability of each triple (of a distilled one: its mixed loss).
        margins: of preferences, how far each unit of the row is on the right side.
    """

    gradient: Tensor
    value: float
    losses: Tensor
    margins: tuple[float, ...] = ()


def hidden_states(model: Any, row: RowTensors) -> Tensor:
    """The last hidden states [T, C] of a row's tokens.

    The model must attend by rows (`whet.rows.attention.row_attention`), or be known not to.
    """
    if pads_rows(model):
        return padded_hidden(model, row.tokens[0], row.segments)
    output = model.get_decoder()(
        input_ids=row.tokens,
        position_ids=row.positions,
        segments=row.table,
        use_cache=False,
    )
    hidden: Tensor = output.last_hidden_state[0]
    return hidden


def row_hidden(model: Any, row: RowTensors) -> Tensor:
    """Hidden states [U, C] at the row's loss positions."""
    return hidden_states(model, row).index_select(0, row.loss.positions)


def head_of(model: Any) -> tuple[Tensor, Tensor | None]:
    """Weight and bias of the output head, cut off from the graph where no gradient is wanted."""
    head = model.get_output_embeddings()
    weight, bias = head.weight, head.bias
    if torch.is_grad_enabled():
        return weight, bias
    return weight.detach(), None if bias is None else bias.detach()


def head_loss(model: Any, hidden: Tensor, loss: LossTensors) -> tuple[Tensor, Tensor]:
    """(weighted sum of losses, each triple's loss [N]); only the sum has a gradient."""
    weight, bias = head_of(model)
    total: tuple[Tensor, Tensor] = HeadLoss.apply(  # type: ignore[no-untyped-call]
        hidden, weight, bias, loss, HeadSetting.of(model.config)
    )
    return total


@through_root
def row_loss(model: Any, row: RowTensors) -> tuple[Tensor, Tensor]:
    """(weighted sum of the row's losses, each triple's loss [N]); only the sum has a gradient."""
    return head_loss(model, row_hidden(model, row), row.loss)
