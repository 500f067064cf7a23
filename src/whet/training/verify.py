"""A run checks itself at its first step: rows against the plain path of transformers.

At most two examples and 1,024 tokens go through the model twice: packed into a row with our
attention and our loss, and one by one with transformers' eager attention, its own logits and a
plain log-softmax. The run's objective and its gradient must agree. Gradients are taken without
touching `.grad`, and nothing random is drawn, so the run is the same with and without the check.

In 16 bit two right ways may differ by a quarter: of whet-nano's gradients on eight pairs of rows of
ticket-lines in bfloat16 those by eager attention are 7 to 30 % from the float32 ones, the engine's
6 to 11 %. Where the bound is
passed the plain path is therefore taken once more, with transformers' other attention, and the
engine may be twice as far from the first as the second is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.errors import TrainingError
from whet.rows.attention import row_attention
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.forward import RowTensors, evaluation_mode
from whet.training.objectives.plain import plain_objective
from whet.training.objectives.task import task_of
from whet.training.objectives.teacher import teacher_attention
from whet.training.settings import TrainSettings
from whet.training.step import rows_of, sequences_of

MAX_TOKENS = 1024
LOSS_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 2e-2}
GRADIENT_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 1e-1, torch.float16: 1e-1}
SMALL_LOSS = 0.02
"""A model that knows a row has a smaller loss, in nats a token; loss and gradient are then what is
left of numbers a thousand times their size. Their shares of rounding are read as at this loss."""
ROUNDINGS = 2
"""How often the distance of two plain paths the engine may be away, in 16 bit."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How far the two paths are apart, relative to the plain one (see `plain.Plain`)."""

    num_examples: int
    num_tokens: int
    loss_difference: float
    gradient_difference: float
    verify_seconds: float

    def __str__(self) -> str:
        return (
            f"verified against transformers on {self.num_examples} examples, {self.num_tokens} "
            f"tokens: loss differs by {self.loss_difference:.1e}, gradient by "
            f"{self.gradient_difference:.1e} (relative; {self.verify_seconds:.2f} s)"
        )


def verify(
    model: Any,
    parameters: Sequence[nn.Parameter],
    examples: Sequence[RenderedExample],
    settings: TrainSettings,
    teacher: Any = None,
    gradient: Callable[[Tensor], Tensor] | None = None,
) -> Verification:
    """The comparison of the run's objective on the shortest of the examples.

    `gradient` gives that of a loss where autograd alone cannot (shards, see `FlatParameters`).

    Raises:
        TrainingError: the paths disagree, so training would not do what it says.
    """
    start = time.perf_counter()
    gradient = gradient or partial(_gradient, parameters)
    chosen = shortest(examples)
    with evaluation_mode(model):
        plain = plain_objective(model, chosen, settings, teacher)
        plain_grads = gradient(plain.loss)
        size = plain_grads
        if plain.yardstick is not plain.loss:
            size = gradient(plain.yardstick)
    with row_attention(model), teacher_attention(teacher), evaluation_mode(model):
        loss, grads = _by_rows(model, gradient, chosen, settings, teacher)
    sequences, _ = sequences_of(chosen)
    faintness = max(1.0, SMALL_LOSS / max(_size(plain.loss), _size(plain.yardstick), 1e-30))
    found = Verification(
        num_examples=len(chosen),
        num_tokens=sum(sequence.num_tokens for sequence in sequences),
        loss_difference=_relative(loss - plain.loss, plain.loss, plain.yardstick) / faintness,
        gradient_difference=_relative(grads - plain_grads, plain_grads, size) / faintness,
        verify_seconds=time.perf_counter() - start,
    )
    # A comparison with NaN is false: only finite differences within bounds pass.
    exact_loss = found.loss_difference <= LOSS_TOLERANCE[model.dtype]
    exact_gradient = found.gradient_difference <= GRADIENT_TOLERANCE[model.dtype]
    if not exact_gradient and model.dtype != torch.float32 and model._supports_sdpa:
        with evaluation_mode(model):
            other = gradient(plain_objective(model, chosen, settings, teacher, "sdpa").loss)
        rounding = _relative(other - plain_grads, plain_grads, size) / faintness
        exact_gradient = found.gradient_difference <= ROUNDINGS * rounding
    is_finite = bool(plain.loss.isfinite()) and bool(plain_grads.isfinite().all())
    if not (exact_loss and exact_gradient) and is_finite:
        raise TrainingError(
            f"the self check failed: {found}. This model computes something that the engine does "
            "not know; please report it with the model's name."
        )
    return found


def _by_rows(
    model: Any,
    gradient: Callable[[Tensor], Tensor],
    examples: Sequence[RenderedExample],
    settings: TrainSettings,
    teacher: Any,
) -> tuple[float, Tensor]:
    """Loss and gradient as training computes them."""
    task = task_of(model, examples, settings, teacher=teacher, tokens_per_row=MAX_TOKENS)
    parts = []
    for row in rows_of(model, task.sequences, task.units, MAX_TOKENS):
        parts.append(task.measure(model, RowTensors.of(row, model.device)))
    total = torch.stack([part.gradient for part in parts]).sum() / task.weight
    return sum(part.value for part in parts) / task.weight, gradient(total)


def shortest(examples: Sequence[RenderedExample]) -> list[RenderedExample]:
    """The two shortest, the shortest, or what of the shortest fits.

    Of a single sequence that is the beginning, all of it learnt; of several (a pair) it is the
    end of each, where the answers are.
    """
    chosen = sorted(examples, key=lambda example: example.num_tokens)[:2]
    if sum(example.num_tokens for example in chosen) <= MAX_TOKENS:
        return chosen
    first = chosen[0]
    if first.num_tokens <= MAX_TOKENS:
        return [first]
    if len(first.sequences) == 1:
        begun = TokenSequence(first.sequences[0].tokens[:MAX_TOKENS], np.arange(MAX_TOKENS) > 0)
        return [replace(first, sequences=(begun,))]
    room = MAX_TOKENS // len(first.sequences)
    return [replace(first, sequences=tuple(_ending(s, room) for s in first.sequences))]


def _ending(sequence: TokenSequence, length: int) -> TokenSequence:
    """The last tokens of a sequence; the first of them has nothing to be predicted from."""
    tokens, trained = sequence.tokens[-length:], sequence.trained[-length:].copy()
    trained[0] = False
    return TokenSequence(tokens, trained)


def _gradient(parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
    grads = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([grad.float().flatten() for grad in grads])


def _relative(difference: Tensor, value: Tensor, yardstick: Tensor) -> float:
    """The difference's norm over the larger of the other two."""
    return _size(difference) / max(_size(value), _size(yardstick), 1e-30)


def _size(value: Tensor) -> float:
    return float(torch.linalg.vector_norm(value.detach()))
