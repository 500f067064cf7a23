"""LoRA as modules of our own, put in the place of linear layers.

    y = x W^T + b + scale * (x A^T) B^T      A [rank, in], B [out, rank], scale = alpha / rank

(Hu et al. 2021, https://arxiv.org/abs/2106.09685; rank-stabilised: alpha / sqrt(rank),
Kalajdzievski 2023.) With a magnitude m [out] (DoRA, Liu et al. 2024, https://arxiv.org/abs/2402.09353)

    y = m / |W + scale B A| * (x W^T + scale * (x A^T) B^T) + b      norms by row, held constant

A, B and m are float32 masters; the products run in the dtype of x. W may be dense, transposed
(GPT-2's Conv1D) or in NF4; it is read when it is needed. The layer's own autograd function keeps x
and x A^T only, computes no input gradient where nobody needs one, and never a gradient of W.
Parameter names stay those of the base model, with `lora_A`, `lora_B` and `lora_magnitude_vector`
added.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from whet.models.four_bit import FrozenProduct, Nf4Linear, Nf4Weight, ReadWeight

TRAINED = ("lora_A", "lora_B", "lora_magnitude_vector")
NORM_ROWS = 1024
Base: TypeAlias = nn.Linear | Nf4Linear  # and Conv1D, which is untyped
BASES = (nn.Linear, Conv1D, Nf4Linear)


class LoraProduct(torch.autograd.Function):
    """x W^T + b + scale (x A^T) B^T for x [N, in], with gradients of x, A and B.

    `read` gives W [out, in] in a dtype; it is asked once in each pass that needs W. The output is
    no view, as some models (Falcon) change it in place.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, read: ReadWeight, bias: Tensor | None, a: Tensor, b: Tensor,
        scale: float,
    ) -> Tensor:  # fmt: skip
        """Output [N, out] in the dtype of x."""
        down = x @ a.to(x.dtype).t()
        output = F.linear(x, read(x.dtype), bias).addmm_(down, b.to(x.dtype).t(), alpha=scale)
        ctx.save_for_backward(x, down, a, b)
        ctx.read, ctx.scale = read, scale
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x (if needed), A and B; those of A and B in their own dtype."""
        x, down, a, b = ctx.saved_tensors
        grad = grads[0]
        grad_down = (grad @ b.to(grad.dtype)).mul_(ctx.scale)
        grad_a = grad_down.t() @ x
        grad_b = (grad.t() @ down).mul_(ctx.scale)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ ctx.read(grad.dtype)).addmm_(grad_down, a.to(grad.dtype))
        return grad_x, None, None, grad_a.to(a.dtype), grad_b.to(b.dtype), None


class LoraLinear(nn.Module):
    """A frozen linear layer with a low-rank update that can be switched off."""

    weight: nn.Parameter | Nf4Weight
    bias: nn.Parameter | None
    lora_A: nn.Parameter
    lora_B: nn.Parameter
    lora_magnitude_vector: nn.Parameter | None

    def __init__(
        self, base: Base, a: Tensor, b: Tensor, scale: float, dropout: float = 0.0,
        magnitude: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight, self.bias = base.weight, base.bias  # type: ignore[assignment]
        self.transposed = isinstance(base, Conv1D)
        self.out_features, self.in_features = features(base)
        self.lora_A, self.lora_B = nn.Parameter(a), nn.Parameter(b)
        self.lora_magnitude_vector = None if magnitude is None else nn.Parameter(magnitude)
        self.scale, self.dropout, self.enabled = scale, dropout, True

    @property
    def rank(self) -> int:
        return self.lora_A.shape[0]

    def read_weight(self, dtype: torch.dtype) -> Tensor:
        """The frozen weight [out, in]; `dtype` matters where it is in NF4."""
        if isinstance(self.weight, Nf4Weight):
            return self.weight.read(dtype)
        return self.weight.t() if self.transposed else self.weight

    def forward(self, x: Tensor) -> Tensor:
        return self._flat(x.reshape(-1, self.in_features)).view(*x.shape[:-1], -1)

    def _flat(self, x: Tensor) -> Tensor:
        if not self.enabled:
            return self._frozen(x, self.bias)
        if self.dropout and self.training:
            return self._with_dropout(x)
        magnitude = self.lora_magnitude_vector
        output: Tensor = LoraProduct.apply(  # type: ignore[no-untyped-call]
            x, self.read_weight, self.bias if magnitude is None else None, self.lora_A,
            self.lora_B, self.scale,
        )  # fmt: skip
        if magnitude is None:
            return output
        output = output * self._gain(magnitude, x.dtype)
        return output if self.bias is None else output + self.bias

    def _frozen(self, x: Tensor, bias: Tensor | None) -> Tensor:
        output: Tensor = FrozenProduct.apply(  # type: ignore[no-untyped-call]
            x, self.read_weight, bias
        )
        return output

    def _with_dropout(self, x: Tensor) -> Tensor:
        """As PEFT has it: what DoRA adds sees the thinned input, the base layer the whole one."""
        thinned = F.dropout(x, self.dropout)
        down = F.linear(thinned, self.lora_A.to(x.dtype))
        update = F.linear(down, self.lora_B.to(x.dtype)) * self.scale
        if self.lora_magnitude_vector is not None:
            gain = self._gain(self.lora_magnitude_vector, x.dtype)
            update = gain * update + (gain - 1) * self._frozen(thinned, None)
        return self._frozen(x, self.bias) + update

    def _gain(self, magnitude: Tensor, dtype: torch.dtype) -> Tensor:
        return (magnitude / row_norms(self, dtype)).to(dtype)

    def merged_weight(self) -> Tensor:
        """W + scale B A, with DoRA its rows scaled to m, in float32, [out, in]."""
        weight = self.read_weight(torch.float32).float()
        merged = torch.addmm(weight, self.lora_B, self.lora_A, alpha=self.scale)
        if self.lora_magnitude_vector is None:
            return merged
        return merged * self._gain(self.lora_magnitude_vector, torch.float32)[:, None]


@torch.no_grad()
def row_norms(module: LoraLinear, dtype: torch.dtype) -> Tensor:
    """|W + scale B A| of each row, [out] in the dtype of A, for W as it is read in `dtype`.

    A constant to the gradient (Liu et al. 2024, section 4.3).
    """
    weight, b = module.read_weight(dtype), module.lora_B
    norms = [
        torch.addmm(part.to(b.dtype), rows, module.lora_A, alpha=module.scale).norm(dim=1)
        for part, rows in zip(
            torch.split(weight, NORM_ROWS), torch.split(b, NORM_ROWS), strict=True
        )
    ]
    return torch.cat(norms)


def features(base: nn.Module) -> tuple[int, int]:
    """(outputs, inputs) of a linear layer of any kind known here."""
    if isinstance(base, Conv1D):
        return int(base.nf), int(base.nx)
    assert isinstance(base, nn.Linear | Nf4Linear | LoraLinear)
    return base.out_features, base.in_features
