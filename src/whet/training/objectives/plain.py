"""Every objective the plain way: transformers' own logits, one sequence at a time, and autograd.

What the engine computes is compared with this at a run's first step. Nothing is packed, shared
or cut into chunks here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.objectives.preference import FORMULAS
from whet.training.objectives.sides import Sides
from whet.training.objectives.task import divergence
from whet.training.settings import TrainSettings
from whet.training.step import sequences_of


class Plain(NamedTuple):
    """A step's mean loss, and what its errors are measured by; both scalars with a graph.

    `yardstick` is the loss itself for imitation. For preferences it is the answers' negative
    log-probabilities, each by the size of its weight: sides that are nearly alike cancel in the
    loss, and their rounding errors do not. For distillation it is the cross-entropy, since at a
    teacher's own answers there is nothing to be pulled.
    """

    loss: Tensor
    yardstick: Tensor


def plain_objective(
    model: Any,
    examples: Sequence[RenderedExample],
    settings: TrainSettings,
    teacher: Any = None,
    attention: str = "eager",
) -> Plain:
    """The objective of a step of these examples, by that attention of transformers."""
    sequences, _ = sequences_of(examples)
    with _attending(model, attention):
        log_probs = _log_probs(model, sequences)
        if settings.objective in FORMULAS:
            with torch.no_grad():
                moved = divergence(examples, lambda some: _log_probs(model, some).cpu().numpy())
            answers = Sides.of(examples, moved).answers(log_probs.cpu())
            loss = FORMULAS[settings.objective](answers, settings.beta).losses.mean()
            (slope,) = torch.autograd.grad(loss, log_probs, retain_graph=True)
            return Plain(loss, -(slope.abs() * log_probs).sum())
        count = sum(sequence.num_loss_tokens for sequence in sequences)
        entropy = -log_probs.sum() / count
        if settings.objective != "distil":
            return Plain(entropy, entropy)
        pulled = _divergences(model, teacher, sequences, settings.teacher_temperature) / count
    share = settings.teacher_share
    return Plain((1 - share) * entropy + share * pulled, entropy)


def _divergences(
    model: Any, teacher: Any, sequences: Sequence[TokenSequence], hot: float
) -> Tensor:
    """T^2 KL(teacher || model), summed over learnt tokens."""
    divergences = []
    with _attending(teacher, "eager"):
        for sequence in sequences:
            with torch.no_grad():
                taught = _logits(teacher, sequence)[0]
            own = _logits(model, sequence)[0]
            common = min(own.shape[1], taught.shape[1])
            p = torch.log_softmax(own[:, :common] / hot, -1)
            q = torch.log_softmax(taught[:, :common] / hot, -1)
            divergences.append(torch.nn.functional.kl_div(p, q, reduction="sum", log_target=True))
    return torch.stack(divergences).sum() * hot**2


def _log_probs(model: Any, sequences: Sequence[TokenSequence]) -> Tensor:
    """Float64 sums [S] over each sequence's learnt tokens."""
    sums = []
    for sequence in sequences:
        logits, targets = _logits(model, sequence)
        of_tokens = torch.log_softmax(logits, -1).gather(1, targets[:, None])
        sums.append(of_tokens.double().sum())
    return torch.stack(sums)


def _logits(model: Any, sequence: TokenSequence) -> tuple[Tensor, Tensor]:
    """Logits where a learnt token is predicted, float32, and these tokens."""
    ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None].to(model.device)
    learnt = torch.from_numpy(np.flatnonzero(sequence.trained)).to(model.device)
    logits = model(input_ids=ids, use_cache=False).logits[0].float()
    return logits[learnt - 1], ids[0, learnt]


@contextmanager
def _attending(model: Any, attention: str) -> Iterator[None]:
    before = model.config._attn_implementation
    model.set_attn_implementation(attention)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
