"""Muon: momentum whose update is made orthogonal, for the matrices inside the layers; AdamW does
the rest.

Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024). Ours
keeps one momentum tensor a matrix, runs in float32 and treats equal shapes as one batch of
matrices.
"""

from collections.abc import Mapping

import torch
from torch import Tensor


def orthogonalise(matrices_NRC: Tensor, num_iterations: int = 5) -> Tensor:
    """The nearest (semi-)orthogonal matrices, roughly, by a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x: Tensor = matrices_NRC / (matrices_NRC.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    for _ in range(num_iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon:
    """Muon with Nesterov momentum and decoupled weight decay over named 2-D parameters."""

    def __init__(
        self, parameters: Mapping[str, Tensor], momentum: float = 0.95, weight_decay: float = 0.01
    ) -> None:
        self.parameters = parameters
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """One update from the gradients of the parameters."""
        by_shape: dict[torch.Size, list[str]] = {}
        ahead: dict[str, Tensor] = {}
        for name, parameter in self.parameters.items():
            assert parameter.grad is not None, f"{name} has no gradient"
            self.buffers[name].lerp_(parameter.grad, 1 - self.momentum)
            ahead[name] = parameter.grad.lerp(self.buffers[name], self.momentum)
            by_shape.setdefault(parameter.shape, []).append(name)
        for shape, names in by_shape.items():
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            for name, update in zip(
                names, orthogonalise(torch.stack([ahead[name] for name in names])), strict=True
            ):
                self.parameters[name].mul_(1 - learning_rate * self.weight_decay).sub_(
                    update, alpha=learning_rate * scale
                )
