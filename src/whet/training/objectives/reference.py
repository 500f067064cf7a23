"""How likely the answers were before training: one float a sequence, found once.

The reference is the model before its first step: with a new adapter that is the model with the
adapter switched off, in full training the base. It is measured in packed rows, kept in every
checkpoint, and read back on resuming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from whet.rows.sequence import RenderedExample
from whet.training.evaluation import sequence_losses


def measured_reference(
    model: Any,
    examples: Sequence[RenderedExample],
    tokens_per_row: int,
    should_stop: Callable[[], bool],
) -> Tensor:
    """The log-probability of every sequence of the examples, in order, float64.

    Raises:
        Interrupted: asked to stop; nothing was changed.
    """
    sequences = [sequence for example in examples for sequence in example.sequences]
    return torch.from_numpy(-sequence_losses(model, sequences, tokens_per_row, should_stop))


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
