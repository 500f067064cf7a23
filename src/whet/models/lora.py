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

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from whet.errors import ModelError
from whet.models.bypassed import is_bypassed
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
    assert isinstance(base, nn.Linear | Nf4Linear)
    return base.out_features, base.in_features


def add_lora(
    model: nn.Module,
    *,
    rank: int = 16,
    alpha: float = 16,
    rslora: bool = False,
    dropout: float = 0.0,
    dora: bool = False,
    target_modules: Sequence[str] = ("all-linear",),
    seed: int = 0,
) -> list[str]:
    """Freezes the model, puts LoRA on the chosen layers, and returns their names.

    A is drawn as PEFT draws it (Kaiming uniform, a = sqrt 5), from `seed` and the layer's name, so
    that a layer's start does not depend on which others are adapted; B is zero, and DoRA's
    magnitude the length of each row, so that the model starts as it was.

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
        assert isinstance(base, BASES)
        outputs, inputs = features(base)
        a = _drawn(seed, name, rank, inputs).to(base.weight.device)
        b = torch.zeros(outputs, rank, device=base.weight.device)
        module = LoraLinear(base, a, b, scale, dropout)
        if dora:
            module.lora_magnitude_vector = nn.Parameter(row_norms(module, model_dtype(model)))
        replace(model, name, module)
    return names


def _drawn(seed: int, name: str, rank: int, inputs: int) -> Tensor:
    key = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(key[:7], "little"))
    bound = 1 / math.sqrt(inputs)
    return torch.empty(rank, inputs).uniform_(-bound, bound, generator=generator)


def target_names(model: Any, target_modules: Sequence[str]) -> list[str]:
    """Names of the linear layers that are meant; `all-linear` is every one but the output head.

    Layers that the model bypasses (`whet.models.bypassed`) are none.

    Raises:
        ModelError: no layer has one of the names.
    """
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    linear = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, BASES) and module is not head and not is_bypassed(model, name)
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
    """Adds the adapter to the weights, computed in float32 and rounded once to their dtype.

    A layer in NF4 becomes a dense one in the model's dtype: the sum does not fit four bits.
    """
    for name, module in lora_modules(model).items():
        old = module.weight
        dtype = model_dtype(model) if isinstance(old, Nf4Weight) else old.dtype
        merged = module.merged_weight().to(dtype)
        merged = merged.t().contiguous() if module.transposed else merged
        replace(model, name, _plain(module, nn.Parameter(merged, requires_grad=False)))


def model_dtype(model: Any) -> torch.dtype:
    """The dtype of the model's embeddings, in which it computes."""
    dtype: torch.dtype = model.get_input_embeddings().weight.dtype
    return dtype


def _plain(module: LoraLinear, weight: nn.Parameter | Nf4Weight) -> nn.Module:
    if isinstance(weight, Nf4Weight):
        return Nf4Linear(weight, module.bias)
    with torch.device("meta"):
        outputs, inputs = module.out_features, module.in_features
        plain: nn.Module = (
            Conv1D(outputs, inputs) if module.transposed else nn.Linear(inputs, outputs)
        )
    plain.register_parameter("weight", weight)
    plain.register_parameter("bias", module.bias)
    return plain
