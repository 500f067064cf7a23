"""An optimizer step as its objective sees it: which sequences, kept together how, measured how.

For preferences a row is measured in two goes over its head: the losses of its answers first,
without gradient, then, with each answer's weight in the objective known from them, the gradient:

    d value / d theta = sum over answers of (d value / d log p) (d log p / d theta)

so nothing of the objective passes through the model, and a position that answers share carries
the weights of all of them, of either sign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.rows.sequence import RenderedExample, TokenSequence
from whet.rows.units import Unit
from whet.training.evaluation import EVALUATION_TOKENS, sequence_losses
from whet.training.forward import RowLoss, RowTensors, head_loss, row_hidden
from whet.training.objectives.distillation import distilling
from whet.training.objectives.mismatched import mismatched_of
from whet.training.objectives.preference import FORMULAS, NEED_REFERENCE, Formula
from whet.training.objectives.sides import Sides
from whet.training.settings import TrainSettings
from whet.training.step import Measure, imitate, sequences_of


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The sequences of a step and what is made of them.

    `owners` is the example of each sequence. `weight` is what the step's sum is divided by:
    tokens for imitation and distillation, pairs for DPO and ORPO, rows for KTO.
    """

    sequences: list[TokenSequence]
    owners: list[int]
    units: list[Unit] | None
    weight: float
    measure: Measure
    sides: Sides | None = None


def task_of(
    model: Any,
    examples: Sequence[RenderedExample],
    settings: TrainSettings,
    *,
    teacher: Any = None,
    tokens_per_row: int = EVALUATION_TOKENS,
    should_stop: Callable[[], bool] = lambda: False,
) -> Task:
    """The task of a step of these examples with the model as it is now.

    For KTO the mismatched answers are measured here, without gradient.

    Raises:
        Interrupted: asked to stop meanwhile.
    """
    sequences, owners = sequences_of(examples)
    if settings.objective not in FORMULAS:
        measure: Measure = imitate
        if settings.objective == "distil":
            share, temperature = settings.teacher_share, settings.teacher_temperature
            measure = distilling(teacher, share, temperature)
        weight = float(sum(sequence.num_loss_tokens for sequence in sequences))
        return Task(sequences, owners, None, weight, measure)
    if settings.objective in NEED_REFERENCE:
        assert all(example.reference for example in examples), "measured before the first step"
    moved = divergence(
        examples, lambda some: -sequence_losses(model, some, tokens_per_row, should_stop)
    )
    sides = Sides.of(examples, moved)
    measure = preferring(sides, FORMULAS[settings.objective], settings.beta)
    return Task(sequences, owners, [*sides.groups()], float(len(examples)), measure, sides)


def divergence(
    examples: Sequence[RenderedExample], log_probs: Callable[[list[TokenSequence]], Any]
) -> float:
    """KTO's estimate of how far the model has moved from the reference, at least 0; else 0."""
    sequences, references = mismatched_of(examples)
    if not sequences:
        return 0.0
    return max(0.0, float(np.mean(log_probs(sequences) - np.asarray(references))))


def preferring(sides: Sides, formula: Formula, beta: float) -> Measure:
    """Measures a row whose owners are numbered as the sides' sequences; units are whole in it."""

    def measure(model: Any, row: RowTensors) -> RowLoss:
        hidden = row_hidden(model, row)
        with torch.no_grad():
            losses = head_loss(model, hidden.detach(), row.loss)[1]
        owners = row.owners.cpu()
        units = torch.unique(sides.unit[owners])
        log_probs = _sums(-losses, owners, len(sides.unit)).requires_grad_(True)
        with torch.enable_grad():
            judged = formula(sides.answers(log_probs, units), beta)
            value = judged.losses.sum()
        (slope,) = torch.autograd.grad(value, log_probs)
        # Small weights (beta, a pair that is won) would underflow in float16: the largest is one.
        size = float(slope.abs().max()) or 1.0
        weights = -slope[owners].div(size).to(row.loss.weights.device, row.loss.weights.dtype)
        gradient = head_loss(model, hidden, replace(row.loss, weights=weights))[0] * size
        margins = tuple(judged.margins.detach().tolist())
        return RowLoss(gradient, float(value.detach()), losses, margins)

    return measure


def _sums(values: Tensor, owners: Tensor, count: int) -> Tensor:
    """Float64 sums by owner, on the CPU, where their order is always the same."""
    sums = torch.zeros(count, dtype=torch.float64)
    return sums.index_add_(0, owners, values.double().cpu())
