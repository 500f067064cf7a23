"""AdamW over one flat buffer.

All trained tensors are views of one float32 buffer, their gradients views of another: a step is a
handful of operations whatever the number of tensors, gradients accumulate in float32 over
micro-batches whatever the dtype of the model, and a checkpoint is three tensors. (Loshchilov and
Hutter 2019, https://arxiv.org/abs/1711.05101; the update equals `torch.optim.AdamW`.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from whet.training.sharding import gathered, is_shard, local, scattered

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class FlatParameters:
    """Float32 masters and gradients of the trained tensors, matrices first.

    float32 parameters become views of `values` and their `.grad` views of `grads`. A parameter of
    lower precision keeps its own storage: its gradient is added to `grads` as soon as it is there,
    and `publish` copies the masters back. So does one of which only a shard is here: then all flat
    tensors hold this rank's shards, and `whole` and `part` go from them to the whole and back.
    """

    def __init__(self, named: Sequence[tuple[str, nn.Parameter]]) -> None:
        ordered = sorted(named, key=lambda pair: pair[1].dim() < 2)
        self.names = [name for name, _ in ordered]
        self.parameters = [parameter for _, parameter in ordered]
        self.is_sharded = is_shard(self.parameters[0])
        here = [local(parameter) for parameter in self.parameters]
        self._shapes = [part.shape for part in here]
        sizes = [part.numel() for part in here]
        self.num_decayed = sum(part.numel() for part in here if part.dim() >= 2)
        device = here[0].device
        self.values = torch.empty(sum(sizes), device=device)
        self.grads = torch.zeros(sum(sizes), device=device)
        self._views = self.split(self.values)
        self._hooks = []
        for parameter, view, grad in zip(
            self.parameters, self._views, self.split(self.grads), strict=True
        ):
            view.copy_(local(parameter))
            if self._is_view(parameter):
                parameter.data, parameter.grad = view, grad
            else:
                register: Any = parameter.register_post_accumulate_grad_hook
                self._hooks.append(register(_adder(grad)))

    def split(self, flat: Tensor) -> list[Tensor]:
        """Views of a flat tensor in the shapes of the parameters."""
        sizes = [shape.numel() for shape in self._shapes]
        parts: tuple[Tensor, ...] = torch.split(flat, sizes)
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _is_view(self, parameter: nn.Parameter) -> bool:
        return parameter.dtype == torch.float32 and not self.is_sharded

    @property
    def num_values(self) -> int:
        """How many numbers are trained, on all ranks together."""
        return sum(parameter.numel() for parameter in self.parameters)

    def whole(self, flat: Tensor) -> Tensor:
        """The flat tensor of whole parameters, of which `flat` is this rank's part.

        Of shards the first rank alone gets it.
        """
        return gathered(self.split(flat), self.parameters) if self.is_sharded else flat

    def part(self, whole: Tensor) -> Tensor:
        """This rank's part of a flat tensor of whole parameters."""
        return scattered(whole, self.parameters) if self.is_sharded else whole

    def publish(self) -> None:
        """Copies the masters into parameters of lower precision."""
        for parameter, view in zip(self.parameters, self._views, strict=True):
            if not self._is_view(parameter):
                local(parameter).copy_(view)

    def load(self, values: Tensor) -> None:
        """Sets all parameters from a flat tensor."""
        self.values.copy_(values)
        self.publish()

    def gradient(self, loss: Tensor) -> Tensor:
        """The gradient of a loss, flat, through `grads`, which are zero afterwards."""
        self.grads.zero_()
        loss.backward()  # type: ignore[no-untyped-call]
        found = self.grads.clone()
        self.grads.zero_()
        return found

    def release(self) -> None:
        """Gives the parameters storage of their own and takes hooks and gradients away."""
        for hook in self._hooks:
            hook.remove()
        for parameter in self.parameters:
            parameter.grad = None
            if self._is_view(parameter):
                parameter.data = parameter.data.clone()


def _adder(total: Tensor) -> Callable[[Tensor], None]:
    def add(parameter: Tensor) -> None:
        assert parameter.grad is not None
        total.add_(local(parameter.grad))
        parameter.grad = None

    return add


class AdamW:
    """The optimizer's state and its step."""

    def __init__(self, flat: FlatParameters, weight_decay: float) -> None:
        self.flat, self.weight_decay = flat, weight_decay
        self.mean = torch.zeros_like(flat.values)
        self.square = torch.zeros_like(flat.values)
        self.num_updates = 0

    def state(self) -> dict[str, Tensor]:
        """Everything but `num_updates`, by name."""
        return {"mean": self.mean, "square": self.square}

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Takes over what `state` gave."""
        for name, held in self.state().items():
            held.copy_(tensors[name])

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """One update from `flat.grads`. Decay is decoupled and spares vectors (norms, biases)."""
        self.num_updates += 1
        grads, values = self.flat.grads, self.flat.values
        correction_1 = 1 - BETA_1**self.num_updates
        correction_2 = 1 - BETA_2**self.num_updates
        values[: self.flat.num_decayed].mul_(1 - learning_rate * self.weight_decay)
        self.mean.lerp_(grads, 1 - BETA_1)
        self.square.mul_(BETA_2).addcmul_(grads, grads, value=1 - BETA_2)
        spread = self.square.sqrt().div_(math.sqrt(correction_2)).add_(EPSILON)
        values.addcdiv_(self.mean, spread, value=-learning_rate / correction_1)
        self.flat.publish()


@torch.no_grad()
def clip_gradient(
    grads: Tensor, clip_norm: float, add_up: Callable[[Tensor], None] | None = None
) -> float:
    """Scales the gradient down to `clip_norm` (0: never) and returns its norm before.

    `add_up` sums over ranks, where each has a part of the gradient only.
    """
    norm = float(torch.linalg.vector_norm(grads))
    if add_up is not None:
        square = torch.tensor(norm**2, dtype=torch.float64)
        add_up(square)
        norm = math.sqrt(square)
    if clip_norm and math.isfinite(norm) and norm > clip_norm:
        grads.mul_(clip_norm / (norm + 1e-6))
    return norm
