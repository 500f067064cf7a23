"""What a training run leaves behind beside the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from whet.training.memory import peak_bytes


@dataclass(slots=True)
class History:
    """Everything a run has counted and measured so far; part of every checkpoint.

    `losses[i]` is the mean loss of step i (NaN where it was not applied); `validation` holds
    (finished steps, loss), the first before any step.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    best_step: int | None = None
    best_loss: float | None = None
    worse_in_a_row: int = 0
    bad_in_a_row: int = 0
    bad_rows: list[str] = field(default_factory=list)
    loss_scale: float = 1.0
    good_at_scale: int = 0
    overflows: int = 0
    examples: int = 0
    logical_tokens: int = 0
    executed_tokens: int = 0
    loss_tokens: int = 0
    seconds: float = 0.0
    journal: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TrainResult:
    """A finished run.

    `logical_tokens` are the tokens of all examples seen, `executed_tokens` those computed (shared
    prefixes once), `loss_tokens` those that carried loss. `best_step` is the step whose weights
    the model now has; without validation it is the last.
    """

    steps: int
    examples: int
    logical_tokens: int
    executed_tokens: int
    loss_tokens: int
    seconds: float
    verify_seconds: float
    peak_memory_bytes: int
    losses: list[float]
    validation_losses: list[tuple[int, float]]
    best_step: int
    best_validation_loss: float | None
    stopped_early: bool
    diagnosis: list[str]
    num_trainable: int
    num_total: int
    dtype: str
    choices: dict[str, Any]
    journal: list[str]


def peak_memory_bytes() -> int:
    """The largest memory held: of the GPU since the first step, without one resident."""
    return peak_bytes(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
