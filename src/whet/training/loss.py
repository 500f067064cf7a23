"""Cross-entropy at the loss positions only.

Logits are computed for the positions that predict something, each position once however many
targets it carries, a chunk at a time; float32 softmax. The gradient of the hidden states (and of
the head, where it is trained) is computed in the forward pass while a chunk's logits are at hand,
so logits are never kept:

    loss     = sum_i w_i (logsumexp(z_u(i)) - z_u(i)[t_i])
    d_z_u    = (sum of w at u) softmax(z_u) - sum of w_i onehot(t_i)

Both come from one exponential, written over the logits, of which there is no second copy.

Models that transform logits (soft cap: Gemma 2; scale: Cohere, Granite) are asked through their
config, and the gradient follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

CHUNK_BYTES = 32 * 2**20
"""Of logits at a time on a CPU: half or twice as much is a few percent slower."""
GPU_CHUNK_BYTES = 512 * 2**20
"""On a GPU: a thousand positions or more, so that the head's weight is seldom read."""


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


@dataclass(frozen=True, slots=True, eq=False)
class HeadGradients:
    """Gradients of the head's inputs, gathered chunk by chunk; those that nobody needs are None."""

    inputs: tuple[Tensor, Tensor]
    hidden: Tensor | None
    weight: Tensor | None
    bias: Tensor | None

    @staticmethod
    def wanted(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, wide: torch.dtype
    ) -> HeadGradients:
        """Room for the gradients that autograd asks for; of the head in `wide`."""
        need_hidden, need_weight, need_bias = ctx.needs_input_grad[:3]
        return HeadGradients(
            (hidden, weight),
            torch.empty_like(hidden) if need_hidden else None,
            torch.zeros_like(weight, dtype=wide) if need_weight else None,
            torch.zeros_like(bias, dtype=wide) if need_bias and bias is not None else None,
        )

    def add(self, grad: Tensor, start: int, stop: int) -> None:
        """Takes in d(sum)/d(logits) [n, V] of the positions from start to stop."""
        hidden, weight = self.inputs
        if self.hidden is not None:
            torch.mm(grad, weight, out=self.hidden[start:stop])
        if self.weight is not None:
            self.weight.add_(grad.t() @ hidden[start:stop])
        if self.bias is not None:
            self.bias.add_(grad.sum(0))

    def keep(self, ctx: Any) -> None:
        """Saves them for the backward pass."""
        ctx.save_for_backward(self.hidden, self.weight, self.bias)
        ctx.weight_dtype = self.inputs[1].dtype

    @staticmethod
    def scaled(ctx: Any, factor: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """What was saved times the gradient of the sum, each in its input's dtype."""
        hidden, weight, bias = (
            None if saved is None else saved.mul(factor.to(saved.dtype))
            for saved in ctx.saved_tensors
        )
        dtype = ctx.weight_dtype
        weight = None if weight is None else weight.to(dtype)
        return hidden, weight, None if bias is None else bias.to(dtype)


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
        gradients = HeadGradients.wanted(ctx, hidden, weight, bias, wide)
        losses = torch.empty(len(loss.targets), dtype=wide, device=hidden.device)
        chunk_bytes = GPU_CHUNK_BYTES if hidden.is_cuda else CHUNK_BYTES
        step = max(1, chunk_bytes // (4 * weight.shape[0]))
        for start in range(0, len(hidden), step):
            stop = min(start + step, len(hidden))
            first, last = loss.bounds[start], loss.bounds[stop]
            rows, targets = loss.index[first:last] - start, loss.targets[first:last]
            logits, slope = head_logits(hidden[start:stop], weight, bias, setting, wide)
            right = logits[rows, targets]
            largest = logits.amax(-1, keepdim=True)
            powers = logits.sub_(largest).exp_()
            sums = powers.sum(-1)
            losses[first:last] = (largest[:, 0] + sums.log())[rows] - right
            if not any(ctx.needs_input_grad[:3]):
                continue
            grad = cross_entropy_grad(
                powers, sums, rows, targets, loss.weights[first:last].to(wide)
            )
            grad = grad if slope is None else grad.mul_(slope)
            grad = grad if setting.scale == 1.0 else grad.mul_(setting.scale)
            grad = grad.to(hidden.dtype)
            gradients.add(grad, start, stop)
        gradients.keep(ctx)
        ctx.mark_non_differentiable(losses)
        return (losses * loss.weights).sum(), losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of the forward pass times the gradient of the sum."""
        return (*HeadGradients.scaled(ctx, grads[0]), None, None)


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
    powers: Tensor, sums: Tensor, rows: Tensor, targets: Tensor, weights: Tensor
) -> Tensor:
    """d(sum)/d(logits), written over `powers`: exponentials of the logits, with their sums."""
    total = sums.new_zeros(len(sums)).index_add_(0, rows, weights)
    grad = powers.mul_((total / sums)[:, None])
    return grad.index_put_((rows, targets), -weights, accumulate=True)
