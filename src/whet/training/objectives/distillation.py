"""Distillation: cross-entropy mixed with the divergence from a teacher, at the loss positions.

    loss_i = (1 - a) CE_i + a T^2 KL(q || p)      q = softmax(z_teacher / T), p = softmax(z / T)
    d_z_u  = sum of w at u [(1 - a) softmax(z) + a T (p - q)] - (1 - a) sum of w_i onehot(t_i)

(Hinton et al. 2015, https://arxiv.org/abs/1503.02531.) Both models' logits are made a chunk of
positions at a time, and the gradient while they are at hand, as in `whet.training.loss`. Where
one head has more rows than the other the rest is padding, and q and p are over what both have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.training.forward import RowLoss, RowTensors, head_of, row_hidden
from whet.training.loss import (
    HeadGradients,
    HeadSetting,
    LossTensors,
    cross_entropy_grad,
    head_logits,
)
from whet.training.step import Measure

CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The teacher's part: hidden states [U, D] at the loss positions, its head, and the mixture.

    `share` is a above, `temperature` T.
    """

    hidden: Tensor
    weight: Tensor
    bias: Tensor | None
    setting: HeadSetting
    share: float
    temperature: float


def distilling(teacher: Any, share: float, temperature: float) -> Measure:
    """Measures a row against the teacher, which must attend by rows as the student does."""

    def measure(model: Any, row: RowTensors) -> RowLoss:
        with torch.no_grad():
            weight, bias = head_of(teacher)
            setting = HeadSetting.of(teacher.config)
            hidden = row_hidden(teacher, row)
        lesson = Lesson(hidden, weight, bias, setting, share, temperature)
        own = row_hidden(model, row)
        total, losses = DistilLoss.apply(  # type: ignore[no-untyped-call]
            own, *head_of(model), row.loss, HeadSetting.of(model.config), lesson
        )
        return RowLoss(total, float(total.detach()), losses)

    return measure


class DistilLoss(torch.autograd.Function):
    """Weighted sum of mixed losses for hidden [U, C] and head [V, C]; also each triple's [N].

    The second output carries no gradient, and none flows to the teacher.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, loss: LossTensors,
        setting: HeadSetting, lesson: Lesson,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """(sum over triples, float32 scalar; losses [N], float32)."""
        wide = torch.float64 if hidden.dtype == torch.float64 else torch.float32
        gradients = HeadGradients.wanted(ctx, hidden, weight, bias, wide)
        losses = torch.empty(len(loss.targets), dtype=wide, device=hidden.device)
        # Twice as many rows of logits are held at a time as for plain cross-entropy, and more.
        step = max(1, CHUNK_BYTES // (8 * weight.shape[0]))
        for start in range(0, len(hidden), step):
            stop = min(start + step, len(hidden))
            first, last = loss.bounds[start], loss.bounds[stop]
            rows, targets = loss.index[first:last] - start, loss.targets[first:last]
            weights = loss.weights[first:last].to(wide)
            logits, slope = head_logits(hidden[start:stop], weight, bias, setting, wide)
            norm = torch.logsumexp(logits, -1)
            entropy = norm[rows] - logits[rows, targets]
            divergence, pull = _divergence(logits, _taught(lesson, start, stop, wide), lesson)
            losses[first:last] = (1 - lesson.share) * entropy + lesson.share * divergence[rows]
            if not any(ctx.needs_input_grad[:3]):
                continue
            mass = norm.new_zeros(len(norm)).index_add_(0, rows, weights)
            softmax, one = logits.sub_(norm[:, None]).exp_(), torch.ones_like(norm)
            grad = cross_entropy_grad(softmax, one, rows, targets, weights * (1 - lesson.share))
            grad[:, : pull.shape[1]].add_(pull.mul_(mass[:, None]))
            grad = grad if slope is None else grad.mul_(slope)
            grad = grad.mul_(setting.scale).to(hidden.dtype)
            gradients.add(grad, start, stop)
        gradients.keep(ctx)
        ctx.mark_non_differentiable(losses)
        return (losses * loss.weights).sum(), losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of the forward pass times the gradient of the sum."""
        return (*HeadGradients.scaled(ctx, grads[0]), None, None, None)


def _taught(lesson: Lesson, start: int, stop: int, wide: torch.dtype) -> Tensor:
    """The teacher's logits [n, V'] of some positions."""
    rows = lesson.hidden[start:stop]
    return head_logits(rows, lesson.weight, lesson.bias, lesson.setting, wide)[0]


def _divergence(logits: Tensor, taught: Tensor, lesson: Lesson) -> tuple[Tensor, Tensor]:
    """(T^2 KL(q || p) [n], its derivative times the share [n, common columns])."""
    common, hot = min(logits.shape[1], taught.shape[1]), lesson.temperature
    own = torch.log_softmax(logits[:, :common] / hot, -1)
    teacher = torch.log_softmax(taught[:, :common] / hot, -1)
    q = teacher.exp()
    divergence = (q * (teacher - own)).sum(-1) * hot**2
    return divergence, own.exp_().sub_(q).mul_(lesson.share * hot)
