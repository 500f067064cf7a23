"""LoRA on a model: put on its layers, switched off, taken away, merged into the weights."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from whet.errors import ModelError
from whet.models.bypassed import is_bypassed
from whet.models.four_bit import Nf4Linear, Nf4Weight
from whet.models.lora_layer import BASES, LoraLinear, features, row_norms


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
