"""LoRA as modules of our own, put in the place of linear layers.

    y = x W^T + b + scale * (x A^T) B^T      A [rank, in], B [out, rank], scale = alpha / rank

(Hu et al. 2021, https://arxiv.org/abs/2106.09685; rank-stabilised: alpha / sqrt(rank),
Kalajdzievski 2023.) A and B are float32 masters; the products run in the dtype of x. The layer's
own autograd function keeps x and x A^T only, computes no input gradient where nobody needs one,
and never a gradient of W. Parameter names stay those of the base model, with `lora_A` and `lora_B`
added.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.errors import ModelError


class LoraProduct(torch.autograd.Function):
    """x W^T + b + scale (x A^T) B^T for x [..., in], with gradients of x, A and B."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        """Output [..., out] in the dtype of x."""
        flat = x.reshape(-1, x.shape[-1])
        down = flat @ a.to(x.dtype).t()
        output = F.linear(flat, weight, bias).addmm_(down, b.to(x.dtype).t(), alpha=scale)
        ctx.save_for_backward(flat, down, weight, a, b)
        ctx.scale, ctx.shape = scale, x.shape
        return output.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x (if needed), A and B; those of A and B in their own dtype."""
        flat, down, weight, a, b = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0])
        grad_down = (grad @ b.to(grad.dtype)).mul_(ctx.scale)
        grad_a = grad_down.t() @ flat
        grad_b = (grad.t() @ down).mul_(ctx.scale)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ weight).addmm_(grad_down, a.to(grad.dtype)).view(ctx.shape)
        return grad_x, None, None, grad_a.to(a.dtype), grad_b.to(b.dtype), None


class LoraLinear(nn.Module):
    """A frozen linear layer with a low-rank update that can be switched off."""

    weight: nn.Parameter
    bias: nn.Parameter | None
    lora_A: nn.Parameter
    lora_B: nn.Parameter

    def __init__(self, base: nn.Linear, a: Tensor, b: Tensor, scale: float, dropout: float = 0.0):
        super().__init__()
        self.weight = base.weight  # type: ignore[assignment]
        self.bias = base.bias
        self.in_features, self.out_features = base.in_features, base.out_features
        self.lora_A, self.lora_B = nn.Parameter(a), nn.Parameter(b)
        self.scale, self.dropout, self.enabled = scale, dropout, True

    @property
    def rank(self) -> int:
        return self.lora_A.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        if not self.enabled:
            return F.linear(x, self.weight, self.bias)
        if self.dropout and self.training:
            down = F.linear(F.dropout(x, self.dropout), self.lora_A.to(x.dtype))
            update = F.linear(down, self.lora_B.to(x.dtype)) * self.scale
            return F.linear(x, self.weight, self.bias) + update
        output: Tensor = LoraProduct.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.lora_A, self.lora_B, self.scale
        )
        return output

    def merged_weight(self) -> Tensor:
        """W + scale B A in float32, [out, in]."""
        return torch.addmm(self.weight.float(), self.lora_B, self.lora_A, alpha=self.scale)


def add_lora(
    model: nn.Module,
    *,
    rank: int = 16,
    alpha: float = 16,
    rslora: bool = False,
    dropout: float = 0.0,
    target_modules: Sequence[str] = ("all-linear",),
    seed: int = 0,
) -> list[str]:
    """Freezes the model, puts LoRA on the chosen layers, and returns their names.

    A is drawn as PEFT draws it (Kaiming uniform, a = sqrt 5), from `seed` and the layer's name, so
    that a layer's start does not depend on which others are adapted; B is zero.

    Raises:
        ModelError: it has LoRA already, or no layer has one of the names.
    """
    if lora_modules(model):
        raise ModelError("the model has LoRA layers already; remove or merge them first.")
    names = target_names(model, target_modules)
    model.requires_grad_(False)
    scale = alpha / (math.sqrt(rank) if rslora else rank)
    for name in names:
        base = model.get_submodule(name)
        assert isinstance(base, nn.Linear)
        a = _drawn(seed, name, rank, base)
        b = torch.zeros(base.out_features, rank, device=base.weight.device)
        replace(model, name, LoraLinear(base, a, b, scale, dropout))
    return names


def _drawn(seed: int, name: str, rank: int, base: nn.Linear) -> Tensor:
    key = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(key[:7], "little"))
    bound = 1 / math.sqrt(base.in_features)
    drawn = torch.empty(rank, base.in_features).uniform_(-bound, bound, generator=generator)
    return drawn.to(base.weight.device)


def target_names(model: Any, target_modules: Sequence[str]) -> list[str]:
    """Names of the linear layers that are meant; `all-linear` is every one but the output head."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    linear = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module is not head
    }
    if list(target_modules) == ["all-linear"]:
        return list(linear)
    found = [n for n in linear if any(n == t or n.endswith(f".{t}") for t in target_modules)]
    for target in target_modules:
        if not any(n == target or n.endswith(f".{target}") for n in linear):
            known = sorted({n.rpartition(".")[2] for n in linear})
            raise ModelError(
                f"no linear layer is named {target!r}; the model has {', '.join(known)}. "
                "Use train.target_modules=all-linear for all of them."
            )
    return found


def replace(model: nn.Module, name: str, module: nn.Module) -> None:
    """Puts a module where the one of that name is."""
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, module)


def lora_modules(model: nn.Module) -> dict[str, LoraLinear]:
    """The LoRA layers by name."""
    return {n: m for n, m in model.named_modules() if isinstance(m, LoraLinear)}


@contextmanager
def adapter_disabled(model: nn.Module) -> Iterator[None]:
    """Within it the model answers as the base model does."""
    modules = list(lora_modules(model).values())
    before = [module.enabled for module in modules]
    for module in modules:
        module.enabled = False
    try:
        yield
    finally:
        for module, enabled in zip(modules, before, strict=True):
            module.enabled = enabled


def remove_lora(model: nn.Module) -> None:
    """Takes the adapter away; what remains is the base model, frozen."""
    for name, module in lora_modules(model).items():
        replace(model, name, _plain(module, module.weight))


def merge_lora(model: nn.Module) -> None:
    """Adds the adapter to the weights, computed in float32 and rounded once to their dtype."""
    for name, module in lora_modules(model).items():
        merged = module.merged_weight().to(module.weight.dtype)
        replace(model, name, _plain(module, nn.Parameter(merged, requires_grad=False)))


def _plain(module: LoraLinear, weight: nn.Parameter) -> nn.Linear:
    linear = nn.Linear(module.in_features, module.out_features, bias=False, device="meta")
    linear.register_parameter("weight", weight)
    linear.register_parameter("bias", module.bias)
    return linear
