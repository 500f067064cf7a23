"""Cross-entropy at the loss positions only.

Logits are computed for the positions that predict something, each position once however many
targets it carries, a chunk at a time; float32 softmax. The gradient of the hidden states (and of
the head, where it is trained) is computed in the forward pass while a chunk's logits are at hand,
so logits are never kept:

    loss     = sum_i w_i (logsumexp(z_u(i)) - z_u(i)[t_i])
    d_z_u    = (sum of w at u) softmax(z_u) - sum of w_i onehot(t_i)

Models that transform logits (soft cap: Gemma 2; scale: Cohere, Granite) are asked through their
config, and the gradient follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class LossTensors:
    """A row's loss triples on the device, with repeated positions joined. N triples, U positions.

    Attributes:
        positions: [U] row positions that predict, each once, ascending.
        index: [N] for each triple its place in `positions`; ascending.
        targets: [N] tokens to be predicted.
        weights: [N] float32.
        bounds: [U + 1] triples of position u are bounds[u] to bounds[u + 1].
    """

    positions: Tensor
    index: Tensor
    targets: Tensor
    weights: Tensor
    bounds: list[int]


@dataclass(frozen=True, slots=True)
class HeadSetting:
    """What happens between the head's product and the softmax."""

    softcap: float | None = None
    scale: float = 1.0

    @staticmethod
    def of(config: Any) -> HeadSetting:
        """By the names that transformers' configs use."""
        scale = getattr(config, "logit_scale", None) or 1.0
        divisor = getattr(config, "logits_scaling", None) or 1.0
        return HeadSetting(getattr(config, "final_logit_softcapping", None), scale / divisor)


class HeadLoss(torch.autograd.Function):
    """Weighted sum of losses for hidden [U, C] and head weight [V, C]; also each triple's loss [N].

    The second output carries no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, loss: LossTensors,
        setting: HeadSetting,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """(sum over triples, float32 scalar; losses [N], float32)."""
        wide = torch.float64 if hidden.dtype == torch.float64 else torch.float32
        need_hidden, need_weight, need_bias = ctx.needs_input_grad[:3]
        grad_hidden = torch.empty_like(hidden) if need_hidden else None
        grad_weight = torch.zeros_like(weight, dtype=wide) if need_weight else None
        grad_bias = torch.zeros_like(bias, dtype=wide) if need_bias and bias is not None else None
        losses = torch.empty(len(loss.targets), dtype=wide, device=hidden.device)
        step = max(1, CHUNK_BYTES // (4 * weight.shape[0]))
        for start in range(0, len(hidden), step):
            stop = min(start + step, len(hidden))
            first, last = loss.bounds[start], loss.bounds[stop]
            rows, targets = loss.index[first:last] - start, loss.targets[first:last]
            logits, slope = head_logits(hidden[start:stop], weight, bias, setting, wide)
            norm = torch.logsumexp(logits, -1)
            losses[first:last] = norm[rows] - logits[rows, targets]
            if not (need_hidden or need_weight or need_bias):
                continue
            grad = cross_entropy_grad(
                logits, norm, rows, targets, loss.weights[first:last].to(wide)
            )
            grad = grad if slope is None else grad.mul_(slope)
            grad = grad.mul_(setting.scale).to(hidden.dtype)
            if grad_hidden is not None:
                torch.mm(grad, weight, out=grad_hidden[start:stop])
            if grad_weight is not None:
                grad_weight += grad.t() @ hidden[start:stop]
            if grad_bias is not None:
                grad_bias += grad.sum(0)
        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        ctx.weight_dtype = weight.dtype
        ctx.mark_non_differentiable(losses)
        return (losses * loss.weights).sum(), losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of the forward pass times the gradient of the sum."""
        scaled = [
            None if saved is None else saved.mul(grads[0].to(saved.dtype))
            for saved in ctx.saved_tensors
        ]
        grad_hidden, grad_weight, grad_bias = scaled
        dtype = ctx.weight_dtype
        return (
            grad_hidden,
            None if grad_weight is None else grad_weight.to(dtype),
            None if grad_bias is None else grad_bias.to(dtype),
            None,
            None,
        )


def head_logits(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, setting: HeadSetting, wide: torch.dtype
) -> tuple[Tensor, Tensor | None]:
    """Logits [n, V] in `wide`, and the soft cap's derivative there."""
    logits = torch.nn.functional.linear(hidden, weight, bias).to(wide)
    if setting.scale != 1.0:
        logits = logits * setting.scale
    if setting.softcap is None:
        return logits, None
    capped = torch.tanh(logits / setting.softcap)
    return capped * setting.softcap, 1 - capped.square()


def cross_entropy_grad(
    logits: Tensor, norm: Tensor, rows: Tensor, targets: Tensor, weights: Tensor
) -> Tensor:
    """d(sum)/d(logits), written over the logits."""
    total = norm.new_zeros(len(norm)).index_add_(0, rows, weights)
    grad = logits.sub_(norm[:, None]).exp_().mul_(total[:, None])
    return grad.index_put_((rows, targets), -weights, accumulate=True)
