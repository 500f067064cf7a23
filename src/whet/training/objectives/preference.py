"""DPO, ORPO and KTO as functions of the answers' log-probabilities.

Each takes U units (pairs, or judged rows) and gives every unit's loss and its margin: how far it
is on the right side. They work on a few float64 numbers a step and leave derivatives to autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers of U units, K of them each: chosen and rejected, or the one that is judged.

    Attributes:
        log_probs: [U, K] sums over the answers' tokens, in nats.
        reference: [U, K] the same before training; zeros where nothing asks for it.
        lengths: [U, K] how many tokens that are.
        desirable: [U] of judged answers, which are good.
        kl: how far the model has moved from the reference on answers to other prompts; at least 0.
    """

    log_probs: Tensor
    reference: Tensor
    lengths: Tensor
    desirable: Tensor
    kl: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Loss and margin of each unit, both [U]."""

    losses: Tensor
    margins: Tensor


SUREST = -1e-9
"""A mean log-probability that float32 losses cannot tell from 0, where odds are infinite."""
Formula = Callable[[Answers, float], Judged]


def dpo(answers: Answers, beta: float) -> Judged:
    """-log sigmoid(m) with m = beta ((c - c_ref) - (r - r_ref)), the margin.

    Source: Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, equation 7.
    """
    gains = answers.log_probs - answers.reference
    margins = beta * (gains[:, 0] - gains[:, 1])
    return Judged(-F.logsigmoid(margins), margins)


def orpo(answers: Answers, beta: float) -> Judged:
    """-c - beta log sigmoid(log odds(c) - log odds(r)), with c and r means over tokens.

    odds(p) = p / (1 - p); beta is the paper's lambda and the margin is beta (c - r), as TRL logs
    it. The first term is the mean over the chosen answer's tokens, as the paper has it (its
    equations 2 and 6); TRL takes it over the prompt too, and over the batch's tokens together.

    Source: Hong et al. 2024, https://arxiv.org/abs/2403.07691.
    """
    means = answers.log_probs / answers.lengths
    below = means.clamp(max=SUREST)
    log_odds = below - torch.log(-torch.expm1(below))
    ratio = F.logsigmoid(log_odds[:, 0] - log_odds[:, 1])
    return Judged(-means[:, 0] - beta * ratio, beta * (means[:, 0] - means[:, 1]))


def kto(answers: Answers, beta: float) -> Judged:
    """1 - sigmoid(m), with m = beta (gain - kl) of a good answer and beta (kl - gain) of a bad one.

    gain = c - c_ref. Good and bad answers weigh the same (lambda_D = lambda_U = 1).

    Source: Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, equation 8.
    """
    gains = (answers.log_probs - answers.reference)[:, 0]
    margins = beta * torch.where(answers.desirable, gains - answers.kl, answers.kl - gains)
    return Judged(torch.sigmoid(-margins), margins)


FORMULAS: dict[str, Formula] = {"dpo": dpo, "orpo": orpo, "kto": kto}
"""The objectives of preference by name."""
NEED_REFERENCE = frozenset({"dpo", "kto"})
"""Those that ask how likely the answers were before training."""
