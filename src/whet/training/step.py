"""The gradient of one optimizer step, however it is cut into micro-batches.

    loss = (sum over all triples, or pairs, of the step) / (total weight of the step)

so 1 x 16, 4 x 4 and 16 x 1 are the same step. When memory runs out, gradients are cleared, the
micro-batch is halved or more is recomputed (see `planner.smaller`), and the step begins again. The
step itself does not change: with another level not by a bit, with halves only in the order of sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from whet.errors import TrainingError
from whet.rows.packing import pack
from whet.rows.row import Row
from whet.rows.sequence import Part, RenderedExample, TokenSequence
from whet.rows.units import Unit, pack_units
from whet.training.earlier import EarlierRows
from whet.training.forward import RowLoss, RowTensors, rope_border, row_loss
from whet.training.memory import give_back_freed_blocks, out_of_memory
from whet.training.optimizer import FlatParameters
from whet.training.planner import Failure, smaller
from whet.training.recompute import Recompute, recomputed

Measure = Callable[[Any, RowTensors], RowLoss]
"""What an objective makes of the model's forward pass over a row."""


class StopAskedError(Exception):
    """Someone asked to stop within a step; the step is not applied."""


class RowTooLargeError(Exception):
    """Memory ran out at a row."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.failure = Failure(row.num_tokens, can_be_divided=len(row.segments) > 1)


@dataclass(frozen=True, slots=True)
class StepGradient:
    """What one step's forward and backward passes gave; the gradient itself is in the buffer.

    `logical_tokens` counts every token of every sequence, `executed_tokens` those that were
    computed (shared prefixes once), `largest_row` those that were held at a time. The last two are
    what the step was computed with, which is less than asked for where memory ran out.
    """

    loss: float
    bad_owners: tuple[int, ...]
    loss_tokens: int
    logical_tokens: int
    executed_tokens: int
    num_rows: int
    largest_row: int
    tokens_per_micro_batch: int
    recompute: Recompute
    margins: tuple[float, ...] = ()


def imitate(model: Any, row: RowTensors) -> RowLoss:
    """The plain loss: the cross-entropy of every triple."""
    total, losses = row_loss(model, row)
    return RowLoss(total, float(total.detach()), losses)


def step_gradient(
    model: Any,
    flat: FlatParameters,
    sequences: Sequence[TokenSequence],
    tokens_per_micro_batch: int,
    *,
    units: Sequence[Unit] | None = None,
    total_weight: float | None = None,
    measure: Measure = imitate,
    recompute: Recompute = "none",
    share_prefixes: bool = True,
    loss_scale: float = 1.0,
    should_stop: Callable[[], bool] = lambda: False,
    align: Callable[[list[Row]], list[Row]] | None = None,
) -> StepGradient:
    """Fills `flat.grads` with `loss_scale` times the gradient of the step's mean loss.

    `units` are sequences that stay in one row. `total_weight` is what the sum is divided by, the
    weight of all triples if it is not given. `align` is given where ranks compute row by row
    together: it fills up the rows, and none is halved, since the others would not know.

    Raises:
        StopAskedError: asked to stop between two micro-batches; the buffer holds a part only.
        TrainingError: out of memory even with one sequence a micro-batch and all recomputed.
    """
    while True:
        flat.grads.zero_()
        try:
            with recomputed(model, recompute):
                return _accumulated(
                    model, flat, sequences, units, tokens_per_micro_batch, recompute, total_weight,
                    measure, share_prefixes, loss_scale, should_stop, align,
                )  # fmt: skip
        except RowTooLargeError as error:
            if align is not None:
                raise TrainingError(
                    f"out of memory with micro-batches of {tokens_per_micro_batch} tokens, and "
                    "with train.sharding=full all ranks depend on this one, so nothing can be "
                    "tried again. Start more processes or shorten the rows (train.max_length)."
                ) from None
            failure = error.failure
        # Outside `except`, so that the traceback no longer holds the activations.
        give_back_freed_blocks()
        tokens_per_micro_batch, recompute = smaller(
            model, tokens_per_micro_batch, recompute, failure
        )


@contextmanager
def _noticing_memory(row: Row) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise RowTooLargeError(row) from None


def _accumulated(
    model: Any,
    flat: FlatParameters,
    sequences: Sequence[TokenSequence],
    units: Sequence[Unit] | None,
    tokens_per_micro_batch: int,
    recompute: Recompute,
    total_weight: float | None,
    measure: Measure,
    share_prefixes: bool,
    loss_scale: float,
    should_stop: Callable[[], bool],
    align: Callable[[list[Row]], list[Row]] | None,
) -> StepGradient:
    # Another objective may ask other models about the row, which have not seen the row before it.
    rows = rows_of(
        model,
        sequences,
        units,
        tokens_per_micro_batch,
        share_prefixes=share_prefixes,
        prefix_rows=measure is imitate and align is None,
    )
    rows = rows if align is None else align(rows)
    weight = total_weight or sum(row.total_weight for row in rows)
    assert weight > 0, "a step without a loss token; the renderer refuses such examples"
    loss, bad, earlier = 0.0, set(), EarlierRows(rows)
    margins: list[float] = []
    for index, row in enumerate(rows):
        if should_stop():
            raise StopAskedError
        with _noticing_memory(row):
            tensors = RowTensors.of(row, flat.grads.device)
            earlier.enter(index, tensors.table)
            found = measure(model, tensors)
            earlier.leave(index, found.gradient * (loss_scale / weight))
        loss += found.value / weight
        margins += found.margins
        if not math.isfinite(found.value):
            bad.update(tensors.owners[~found.losses.isfinite()].tolist())
    with _noticing_memory(rows[-1]):
        earlier.close()
    return StepGradient(
        loss=loss,
        bad_owners=tuple(sorted(bad)),
        loss_tokens=sum(len(row.loss_targets) for row in rows),
        logical_tokens=sum(sequence.num_tokens for sequence in sequences),
        executed_tokens=sum(row.num_tokens for row in rows),
        num_rows=len(rows),
        largest_row=max(row.num_before + row.num_tokens for row in rows),
        tokens_per_micro_batch=tokens_per_micro_batch,
        recompute=recompute,
        margins=tuple(margins),
    )


def rows_of(
    model: Any,
    sequences: Sequence[TokenSequence],
    units: Sequence[Unit] | None,
    max_tokens: int,
    *,
    share_prefixes: bool = True,
    prefix_rows: bool = False,
) -> list[Row]:
    """The sequences as rows for this model, units kept together."""
    how: Any = {"share_prefixes": share_prefixes, "border": rope_border(model.config)}
    if units is None:
        return pack(sequences, max_tokens, prefix_rows=prefix_rows, **how)
    return pack_units(sequences, units, max_tokens, **how)


def sequences_of(examples: Sequence[RenderedExample]) -> tuple[list[TokenSequence], list[int]]:
    """All sequences of some examples that are learnt from, each with the index of its example."""
    pairs = [
        (sequence, index)
        for index, example in enumerate(examples)
        for sequence, part in zip(example.sequences, example.kinds, strict=True)
        if part is not Part.MISMATCHED
    ]
    return [sequence for sequence, _ in pairs], [index for _, index in pairs]
