"""How likely the answers were before training: one float a sequence, found once.

The reference is the model before its first step: with a new adapter that is the model with the
adapter switched off, in full training the base. It is measured in packed rows, kept in every
checkpoint, and read back on resuming.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from whet.errors import TrainingError
from whet.rows.sequence import RenderedExample
from whet.training.checkpoint import Checkpoint
from whet.training.evaluation import sequence_losses


def measured_reference(
    model: Any,
    examples: Sequence[RenderedExample],
    wanted: Collection[int],
    tokens_per_row: int,
    should_stop: Callable[[], bool],
) -> Tensor:
    """The log-probability of every sequence of the examples, in order, float64.

    Of examples whose index is not among the wanted (no step asks for them) it is NaN.

    Raises:
        Interrupted: asked to stop; nothing was changed.
    """
    owned = [(s, index) for index, example in enumerate(examples) for s in example.sequences]
    asked = torch.tensor([index in wanted for _, index in owned])
    sequences = [sequence for sequence, index in owned if index in wanted]
    reference = torch.full((len(owned),), torch.nan, dtype=torch.float64)
    losses = sequence_losses(model, sequences, tokens_per_row, should_stop)
    reference[asked] = -torch.from_numpy(losses)
    return reference


def with_reference(examples: Sequence[RenderedExample], reference: Tensor) -> list[RenderedExample]:
    """The examples with their sequences' log-probabilities."""
    sizes = [len(example.sequences) for example in examples]
    parts = torch.split(reference, sizes)
    return [
        replace(example, reference=tuple(part.tolist()))
        for example, part in zip(examples, parts, strict=True)
    ]


def reference_of(examples: Sequence[RenderedExample]) -> Tensor:
    """What `with_reference` was given."""
    return torch.tensor([value for e in examples for value in e.reference], dtype=torch.float64)


def kept_reference(
    found: Checkpoint, examples: Sequence[RenderedExample], objective: str
) -> Tensor:
    """What a checkpoint holds of it: the weights that it was measured with are gone.

    Raises:
        TrainingError: it is of other rows or of another objective, after changes were accepted.
    """
    kept = found.tensors.get("reference")
    needed = sum(len(example.sequences) for example in examples)
    if kept is None or len(kept) != needed:
        raise TrainingError(
            f"{found.path}: holds {0 if kept is None else len(kept)} answers measured before "
            f"training, and train.objective: {objective} needs them for {needed}. With other rows "
            "or another objective start a new run."
        )
    return kept
