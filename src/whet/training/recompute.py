"""Activations computed again in the backward pass instead of being kept.

    none      everything is kept
    mlp       each layer's feed-forward block is computed again: half of the memory, 13 % more time
    full      each layer is computed again from its input: a tenth of the memory, 40 % more time
    offload   as full, and the layers' inputs wait in the host's pinned memory (GPU only)

(LoRA in float32 on one CPU core, hidden 512, 8 layers; Chen et al. 2016,
https://arxiv.org/abs/1604.06174.) Layers are wrapped from outside for the time
of a step: transformers' own switch works in training mode only, and models here are in evaluation
mode. The wrapped call closes over the row's segment table; PyTorch's checkpoint without re-entry
keeps the graph itself, so keys and values may be taken out of a layer and a frozen embedding stops
no gradient. Values, gradients and dropout are those of `none`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, Literal

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from whet.errors import TrainingError
from whet.training.offload import HostCopies

Recompute = Literal["none", "mlp", "full", "offload"]
LEVELS: tuple[Recompute, ...] = ("none", "mlp", "full", "offload")


def levels(model: Any) -> tuple[Recompute, ...]:
    """The levels that this model and its device allow, from fast to small."""
    layers = _layers(model)
    if not layers:
        return ("none",)
    mlp: tuple[Recompute, ...] = ("mlp",) if all(hasattr(x, "mlp") for x in layers) else ()
    offload: tuple[Recompute, ...] = ("offload",) if model.device.type == "cuda" else ()
    return ("none", *mlp, "full", *offload)


def refuse_unknown(model: Any, level: Recompute) -> None:
    """Raises where a level cannot be had.

    Raises:
        TrainingError: `offload` without a GPU, or a model whose layers are not found.
    """
    if level == "offload" and model.device.type != "cuda":
        raise TrainingError(
            "recompute 'offload' moves activations from a GPU to the host's memory; there is no "
            "GPU here. Use 'full'."
        )
    if level not in levels(model):
        raise TrainingError(
            f"recompute {level!r}: {type(model).__name__} has no such layers; it allows "
            f"{', '.join(levels(model))}."
        )


@contextmanager
def recomputed(model: Any, level: Recompute) -> Iterator[None]:
    """Within it the model's layers are computed again as `level` says; backward included."""
    if level == "none":
        yield
        return
    modules: list[Any] = [layer.mlp if level == "mlp" else layer for layer in _layers(model)]
    copies = HostCopies() if level == "offload" else None
    with ExitStack() as stack:
        for index, module in enumerate(modules):
            stack.enter_context(_wrapped(module, copies, first=index == 0))
        yield


@contextmanager
def _wrapped(module: nn.Module, copies: HostCopies | None, first: bool) -> Iterator[None]:
    """The module with its forward recomputed; what an instance had of its own is put back."""
    own = vars(module).get("forward")
    vars(module)["forward"] = _recomputing(module.forward, copies, first)
    try:
        yield
    finally:
        del vars(module)["forward"]
        if own is not None:
            vars(module)["forward"] = own


def _recomputing(
    forward: Callable[..., Any], copies: HostCopies | None, first: bool
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        if copies is not None and first:
            copies.begin_row()
        # What is saved of the call itself are its positional tensors: the hidden states.
        with saved_tensors_hooks(copies.pack, copies.unpack) if copies else nullcontext():
            return checkpoint(partial(forward, **kwargs), *args, use_reentrant=False)

    return call


def _layers(model: Any) -> list[nn.Module]:
    """The decoder's layers, in order; none where it keeps them under another name."""
    found = getattr(model.get_decoder(), "layers", None)
    return list(found) if isinstance(found, nn.ModuleList) else []
