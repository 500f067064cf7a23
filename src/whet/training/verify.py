"""A run checks itself at its first step: rows against the plain path of transformers.

At most two examples and 1,024 tokens go through the model twice: packed into a row with our
attention and our loss, and one by one with transformers' eager attention, its own logits and a
plain log-softmax. Loss and gradient must agree. Gradients are taken without touching `.grad`, and
nothing random is drawn, so the run is the same with and without the check.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.errors import TrainingError
from whet.rows.attention import row_attention
from whet.rows.packing import pack
from whet.rows.sequence import TokenSequence
from whet.training.forward import RowTensors, evaluation_mode, rope_border, row_loss

MAX_TOKENS = 1024
LOSS_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 2e-2}
GRADIENT_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 1e-1, torch.float16: 1e-1}


@dataclass(frozen=True, slots=True)
class Verification:
    """How far the two paths are apart, relative to the plain one."""

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
    model: Any, parameters: Sequence[nn.Parameter], sequences: Sequence[TokenSequence]
) -> Verification:
    """The comparison on the shortest of the sequences.

    Raises:
        TrainingError: the paths disagree, so training would not do what it says.
    """
    start = time.perf_counter()
    chosen = _chosen(sequences)
    tokens_of = sum(sequence.num_loss_tokens for sequence in chosen)
    with evaluation_mode(model):
        plain_loss = _plain_loss(model, chosen) / tokens_of
        plain_grads = _gradient(plain_loss, parameters)
    with row_attention(model), evaluation_mode(model):
        rows = pack(chosen, MAX_TOKENS, border=rope_border(model.config))
        parts = [row_loss(model, RowTensors.of(row, model.device))[0] for row in rows]
        loss = torch.stack(parts).sum() / tokens_of
        grads = _gradient(loss, parameters)
    found = Verification(
        num_examples=len(chosen),
        num_tokens=sum(sequence.num_tokens for sequence in chosen),
        loss_difference=_relative(loss.detach(), plain_loss.detach()),
        gradient_difference=_relative(grads, plain_grads),
        verify_seconds=time.perf_counter() - start,
    )
    # A comparison with NaN is false: only finite differences within bounds pass.
    exact_loss = found.loss_difference <= LOSS_TOLERANCE[model.dtype]
    exact_gradient = found.gradient_difference <= GRADIENT_TOLERANCE[model.dtype]
    if not (exact_loss and exact_gradient) and bool(plain_loss.isfinite()):
        raise TrainingError(
            f"the self check failed: {found}. This model computes something that the engine does "
            "not know; please report it with the model's name."
        )
    return found


def _chosen(sequences: Sequence[TokenSequence]) -> list[TokenSequence]:
    """The two shortest, the shortest, or the first tokens of the shortest."""
    shortest = sorted(sequences, key=lambda sequence: sequence.num_tokens)[:2]
    if sum(sequence.num_tokens for sequence in shortest) <= MAX_TOKENS:
        return shortest
    first = shortest[0]
    if first.num_tokens <= MAX_TOKENS:
        return [first]
    trained = np.arange(MAX_TOKENS) > 0
    return [TokenSequence(first.tokens[:MAX_TOKENS], trained)]


def _plain_loss(model: Any, sequences: Sequence[TokenSequence]) -> Tensor:
    """Sum of losses, each sequence alone through transformers' eager path."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        losses = []
        for sequence in sequences:
            ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None].to(model.device)
            logits = model(input_ids=ids, use_cache=False).logits[0].float()
            learnt = torch.from_numpy(np.flatnonzero(sequence.trained)).to(model.device)
            log_probabilities = torch.log_softmax(logits[learnt - 1], -1)
            losses.append(-log_probabilities.gather(1, ids[0, learnt][:, None]).sum())
        return torch.stack(losses).sum()
    finally:
        model.set_attn_implementation(before)


def _gradient(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    grads = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return torch.cat([grad.float().flatten() for grad in grads])


def _relative(value: Tensor, reference: Tensor) -> float:
    difference = torch.linalg.vector_norm(value - reference)
    return float(difference / torch.linalg.vector_norm(reference).clamp_min(1e-30))
