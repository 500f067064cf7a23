"""The gradient of one optimizer step, however it is cut into micro-batches.

    loss = (sum over all triples of the step) / (total weight of the step)

so 1 x 16, 4 x 4 and 16 x 1 are the same step. When memory runs out, gradients are cleared, the
micro-batch is halved and the step begins again: the step itself does not change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from whet.errors import TrainingError
from whet.rows.packing import pack
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.forward import RowTensors, rope_border, row_loss
from whet.training.optimizer import FlatParameters

MIN_MICRO_BATCH_TOKENS = 64


class StopAskedError(Exception):
    """Someone asked to stop within a step; the step is not applied."""


@dataclass(frozen=True, slots=True)
class StepGradient:
    """What one step's forward and backward passes gave; the gradient itself is in the buffer.

    `logical_tokens` counts every token of every sequence, `executed_tokens` those that were
    computed (shared prefixes once).
    """

    loss: float
    bad_owners: tuple[int, ...]
    loss_tokens: int
    logical_tokens: int
    executed_tokens: int
    num_rows: int
    tokens_per_micro_batch: int


def step_gradient(
    model: Any,
    flat: FlatParameters,
    sequences: Sequence[TokenSequence],
    tokens_per_micro_batch: int,
    *,
    share_prefixes: bool = True,
    loss_scale: float = 1.0,
    should_stop: Callable[[], bool] = lambda: False,
) -> StepGradient:
    """Fills `flat.grads` with `loss_scale` times the gradient of the step's mean loss.

    Raises:
        StopAskedError: asked to stop between two micro-batches; the buffer holds a part only.
        TrainingError: out of memory even with one sequence a micro-batch.
    """
    while True:
        flat.grads.zero_()
        try:
            return _accumulated(
                model, flat, sequences, tokens_per_micro_batch, share_prefixes, loss_scale,
                should_stop,
            )  # fmt: skip
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
            if tokens_per_micro_batch <= MIN_MICRO_BATCH_TOKENS:
                raise TrainingError(
                    "out of memory with one sequence a micro-batch. Shorten the rows "
                    "(train.max_length), choose a smaller model, or train.method=lora."
                ) from None
        # Outside `except`, so that the traceback no longer holds the activations.
        tokens_per_micro_batch //= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _accumulated(
    model: Any,
    flat: FlatParameters,
    sequences: Sequence[TokenSequence],
    tokens_per_micro_batch: int,
    share_prefixes: bool,
    loss_scale: float,
    should_stop: Callable[[], bool],
) -> StepGradient:
    rows = pack(
        sequences,
        tokens_per_micro_batch,
        share_prefixes=share_prefixes,
        border=rope_border(model.config),
    )
    total_weight = sum(row.total_weight for row in rows)
    assert total_weight > 0, "a step without a loss token; the renderer refuses such examples"
    loss, bad = 0.0, set()
    for row in rows:
        if should_stop():
            raise StopAskedError
        tensors = RowTensors.of(row, flat.grads.device)
        row_sum, losses = row_loss(model, tensors)
        (row_sum * (loss_scale / total_weight)).backward()  # type: ignore[no-untyped-call]
        value = float(row_sum.detach())
        loss += value / total_weight
        if not math.isfinite(value):
            bad.update(tensors.owners[~losses.isfinite()].tolist())
    return StepGradient(
        loss=loss,
        bad_owners=tuple(sorted(bad)),
        loss_tokens=sum(len(row.loss_targets) for row in rows),
        logical_tokens=sum(sequence.num_tokens for sequence in sequences),
        executed_tokens=sum(row.num_tokens for row in rows),
        num_rows=len(rows),
        tokens_per_micro_batch=tokens_per_micro_batch,
    )


def sequences_of(examples: Sequence[RenderedExample]) -> tuple[list[TokenSequence], list[int]]:
    """All sequences of some examples, and for each the index of its example."""
    pairs = [(s, i) for i, example in enumerate(examples) for s in example.sequences]
    return [s for s, _ in pairs], [i for _, i in pairs]
