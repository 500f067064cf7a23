"""Frozen linear layers in four bits.

The weight is kept as NF4 codes (`whet.models.nf4`) and read again for each product, in the forward
and in the backward pass; it is never kept in full. Everything else of the model stays as it is:
norms, embeddings, biases and the output head in their own dtype, and inputs are never widened.
Scales are float32 kept as bits (int32), so that `model.to(bfloat16)` cannot round them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from whet.models import nf4
from whet.models.bypassed import is_bypassed
from whet.models.four_bit_kernel import read_weight

ReadWeight = Callable[[torch.dtype], Tensor]


class Nf4Weight(nn.Module):
    """A weight [out, in] in NF4."""

    codes: Tensor
    scale_codes: Tensor
    outer_bits: Tensor
    offset_bits: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.shape = (weight.shape[0], weight.shape[1])
        codes, scales = nf4.quantize(weight.detach())
        scale_codes, outer, offset = nf4.quantize_scales(scales)
        self.register_buffer("codes", codes)
        self.register_buffer("scale_codes", scale_codes)
        self.register_buffer("outer_bits", outer.view(torch.int32))
        self.register_buffer("offset_bits", offset.view(torch.int32))

    @property
    def device(self) -> torch.device:
        return self.codes.device

    def numel(self) -> int:
        """How many weights these are."""
        return self.shape[0] * self.shape[1]

    def read(self, dtype: torch.dtype) -> Tensor:
        """The weight in `dtype`, a new tensor."""
        outer, offset = self.outer_bits.view(torch.float32), self.offset_bits.view(torch.float32)
        scales = nf4.dequantize_scales(self.scale_codes, outer, offset)
        return read_weight(self.codes, scales, self.shape, dtype)


class FrozenProduct(torch.autograd.Function):
    """x W^T + b for x [N, in] and a weight that is read when it is needed; gradient of x only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, read: ReadWeight, bias: Tensor | None) -> Tensor:
        """Output [N, out] in the dtype of x, no view."""
        ctx.read = read
        return F.linear(x, read(x.dtype), bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of x."""
        return grads[0] @ ctx.read(grads[0].dtype), None, None


class Nf4Linear(nn.Module):
    """A frozen linear layer with its weight in NF4 and its bias as it was."""

    bias: nn.Parameter | None

    def __init__(self, weight: Nf4Weight, bias: nn.Parameter | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self.weight, self.bias = weight, bias

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = FrozenProduct.apply(  # type: ignore[no-untyped-call]
            x.reshape(-1, self.in_features), self.weight.read, self.bias
        )
        return output.view(*x.shape[:-1], -1)


def quantize_model(model: Any, device: torch.device | None = None) -> list[str]:
    """Puts the linear layers in NF4, one after another; returns what has to stay as it is.

    The output head stays, and whatever is no linear layer. Each weight is moved to `device` by
    itself, so a GPU never holds more than one in full. Named in the list are large weights that
    are neither embedding nor head, layer numbers as `*`: experts kept in one tensor, for example.
    """
    head = model.get_output_embeddings()
    kept_whole = {id(head), id(model.get_input_embeddings())}
    left: dict[str, None] = {}
    for name in [name for name, _ in model.named_modules()]:  # names hold no weight in memory
        module = model.get_submodule(name)
        if id(module) in kept_whole or isinstance(module, nn.Embedding):
            continue
        if isinstance(module, nn.Linear | Conv1D) and not is_bypassed(model, name):
            weight = module.weight.t() if isinstance(module, Conv1D) else module.weight
            weight = weight.to(device) if device else weight
            parent, _, leaf = name.rpartition(".")
            bias = module.bias
            setattr(model.get_submodule(parent), leaf, Nf4Linear(Nf4Weight(weight), bias))
            continue
        for leaf, parameter in module.named_parameters(recurse=False):
            if parameter.squeeze().dim() >= 2:
                left[re.sub(r"\.\d+\.", ".*.", f"{name}.{leaf}")] = None
    model.requires_grad_(False)
    return list(left)


@torch.no_grad()
def write_out(model: Any) -> None:
    """Puts weights in NF4 in full again, each in the model's dtype: not a bit of an answer changes.

    For answering on a CPU, where reading a weight for one token takes longer than the product, and
    where the whole model fitted when it was loaded. A model written out cannot be trained as one in
    4 bits; load it again.
    """
    dtype = model.get_input_embeddings().weight.dtype
    packed = {n: m for n, m in model.named_modules() if isinstance(m, Nf4Weight)}
    for place, held in packed.items():
        name = place.removesuffix(".weight")
        module = model.get_submodule(name)
        full = nn.Parameter(held.read(dtype), requires_grad=False)
        if isinstance(module, Nf4Linear):
            parent, _, leaf = name.rpartition(".")
            plain = nn.Linear(module.in_features, module.out_features, bias=False, device="meta")
            plain.weight, plain.bias = full, module.bias  # type: ignore[assignment]
            setattr(model.get_submodule(parent), leaf, plain)
        else:
            del module.weight
            module.weight = full


def num_weights(model: nn.Module) -> int:
    """How many weights a model has, those in NF4 included."""
    packed = sum(m.numel() for m in model.modules() if isinstance(m, Nf4Weight))
    return packed + sum(p.numel() for p in model.parameters())


def is_four_bit(model: nn.Module) -> bool:
    """Whether any layer is in NF4."""
    return any(isinstance(module, Nf4Weight) for module in model.modules())
