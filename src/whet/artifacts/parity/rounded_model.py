"""The judged model with its weights, and the inputs of its products, rounded to a format.

What an export to a lossy format costs hangs on the model: on the size of its weights, and on how
far an error travels through its layers. So it is measured on the judged model itself, by rounding
what the format rounds, instead of being taken from a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from whet.artifacts.parity import rounding
from whet.models.lora import lora_modules, replace

HEADS = {"Q4_0": "Q8_0", **dict.fromkeys(("U2", "U3", "U4", "U5"), "U6")}
LAST_BIT = 2.0**-23
KindOf = Callable[[str, tuple[int, ...]], str]
"""From a parameter's name and shape to the format that it is stored in."""


def stored_as(kind: str, *, whole: bool, head: str) -> KindOf:
    """The rule of who stores what how: matrices in `kind`, all else in F32, or (`whole`) too.

    `head` names the matrix that is the output head. llama.cpp keeps it finer than the others
    (Q6_K in K-quants, here Q8_0 in Q4_0), and matrices whose rows are no multiple of a block in
    F16.
    """

    def kind_of(name: str, shape: tuple[int, ...]) -> str:
        if len(shape) < 2:
            return kind if whole else "F32"
        wanted = HEADS.get(kind, kind) if name == head else kind
        return wanted if rounding.fits(wanted, shape[-1]) else "F16"

    return kind_of


@contextmanager
def rounded_model(
    model: Any,
    kind_of: KindOf,
    inputs: str = "",
    *,
    in_llama_cpp: bool = False,
    compute: torch.dtype | None = None,
) -> Iterator[None]:
    """Within it the model's weights are rounded, adapter included, and inputs as `inputs` says.

    `compute`: all of it is computed in that dtype, as servers on a GPU do; else in the model's own.
    `in_llama_cpp`: as on its CPU, which looks the GELU of a number up in a table of F16, and makes
    the rotary frequencies by multiplying on and on: taken at the worst, as it grows with length.

    Needs the memory of the weights twice. The model is afterwards as it was, bit by bit.
    """
    undo: list[Callable[[], None]] = []
    try:
        merged = _swap_adapted(model, kind_of, compute, undo)
        _swap_others(model, kind_of, compute, merged, undo)
        if inputs:
            _round_inputs(model, inputs, undo)
        if in_llama_cpp:
            _round_gelu(model, undo)
            _drift_rotary(model, undo)
        yield
    finally:
        for step in reversed(undo):
            step()


Undo = list[Callable[[], None]]


@torch.no_grad()
def _swap_adapted(model: Any, kind_of: KindOf, compute: torch.dtype | None, undo: Undo) -> set[str]:
    """Puts a plain layer with the rounded sum where an adapted one is; returns their weights."""
    names = set()
    dtype = compute or model.get_input_embeddings().weight.dtype
    for name, module in lora_modules(model).items():
        full = _through(module.merged_weight(), kind_of, f"{name}.weight")
        plain = nn.Linear(module.in_features, module.out_features, bias=False, device="meta")
        plain.weight = nn.Parameter(full.to(dtype), requires_grad=False)
        if module.bias is not None:
            plain.bias = nn.Parameter(module.bias.to(dtype), requires_grad=False)
        replace(model, name, plain)
        undo.append(partial(replace, model, name, module))
        names.add(f"{name}.weight")
    return names


@torch.no_grad()
def _swap_others(
    model: Any, kind_of: KindOf, compute: torch.dtype | None, merged: set[str], undo: Undo
) -> None:
    for name, parameter in model.named_parameters():
        if name not in merged:
            undo.append(partial(setattr, parameter, "data", parameter.data))
            dtype = compute or parameter.dtype
            parameter.data = _through(parameter.data, kind_of, name).to(dtype)


def _through(values: Tensor, kind_of: KindOf, name: str) -> Tensor:
    return rounding.rounded(values, kind_of(name, tuple(values.shape)))


def _round_inputs(model: Any, kind: str, undo: Undo) -> None:
    def hook(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        x = given[0]
        if not rounding.fits(kind, x.shape[-1]):
            return given
        return (rounding.rounded(x, kind).to(x.dtype), *given[1:])

    for module in model.modules():
        if isinstance(module, nn.Linear):
            undo.append(module.register_forward_pre_hook(hook).remove)


def has_gelu(model: nn.Module) -> bool:
    """Whether the model's feed-forward uses a GELU (Gemma does)."""
    return any("GELU" in type(module).__name__ for module in model.modules())


def _round_gelu(model: Any, undo: Undo) -> None:
    def before(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(x.half().to(x.dtype) for x in given)

    def after(module: nn.Module, given: tuple[Any, ...], result: Tensor) -> Tensor:
        return result.half().to(result.dtype)

    for module in model.modules():
        if "GELU" in type(module).__name__:
            undo.append(module.register_forward_pre_hook(before).remove)
            undo.append(module.register_forward_hook(after).remove)


def _drift_rotary(model: Any, undo: Undo) -> None:
    for module in model.modules():
        for name, held in list(module.named_buffers(recurse=False)):
            if name.endswith("inv_freq") and not name.startswith("original"):
                undo.append(partial(setattr, module, name, held))
                setattr(module, name, _multiplied_on(held))


def _multiplied_on(frequencies: Tensor) -> Tensor:
    """The frequencies 1, r, r r, ... each from the one before, each step a last bit too large.

    A step rounds r and the product, by 2^-24 each. Those that are no geometric series (scaled for
    long contexts) are left as they are.
    """
    exact = frequencies.double()
    number = len(exact) - 1
    if number < 1 or not bool((exact > 0).all()):
        return frequencies
    ratio = (exact[-1] / exact[0]) ** (1 / number)
    series = exact[0] * ratio ** torch.arange(number + 1, device=exact.device)
    if not torch.allclose(series, exact, rtol=1e-5):
        return frequencies
    steps = torch.arange(number + 1, device=exact.device)
    return (exact * (1 + LAST_BIT) ** steps).to(frequencies.dtype)
