"""The model's weights cut over the ranks: FSDP2 (`torch.distributed.fsdp.fully_shard`).

Each layer is a group of its own, all other weights (embeddings, head, last norm) are the root's.
A group is put together when its forward or backward pass begins and let go of afterwards; the
gradients of trained weights are summed in float32 over the ranks and cut again. What is computed is
the same as on one process.

    LoRA    the frozen base is cut; adapters are whole on every rank, added up once a step
    full    every weight is cut, and so are its master, its gradient and the optimizer's state

Putting a group together takes all ranks, so they must compute the same number of rows: `aligned`
gives those with fewer rows blank ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from whet.errors import TrainingError
from whet.models.lora import lora_modules
from whet.models.lora_layer import TRAINED
from whet.rows.row import ROOT, Row, Segment
from whet.training.distributed import Ranks

Function = TypeVar("Function", bound=Callable[..., Any])
BLANK = Row(
    tokens=np.zeros(1, np.int64),
    positions=np.zeros(1, np.int64),
    segments=(Segment(0, 1, ROOT),),
    loss_positions=np.zeros(0, np.int64),
    loss_targets=np.zeros(0, np.int64),
    loss_weights=np.zeros(0, np.float32),
    loss_owners=np.zeros(0, np.int64),
)


def shard(model: Any, ranks: Ranks) -> None:
    """Cuts the model's weights over the ranks, in place; adapters stay whole.

    A model on the CPU moves to the rank's GPU, where there is one, layer by layer. The dtypes stay:
    groups are put together in the dtype of the weights, gradients are summed in float32.

    Raises:
        TrainingError: there is one process only.
    """
    if ranks.count == 1:
        raise TrainingError(
            "train.sharding=full needs several processes: torchrun --nproc-per-node N -m whet "
            "train. With one process set train.sharding to none."
        )
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    from torch.distributed.fsdp import register_fsdp_forward_method as register

    place = "cuda" if torch.cuda.is_available() else "cpu"
    adapters = _moved_adapters(model, torch.device(place))
    options: dict[str, Any] = {
        "mesh": init_device_mesh(place, (ranks.count,)),
        "mp_policy": MixedPrecisionPolicy(reduce_dtype=torch.float32, cast_forward_inputs=False),
        "ignored_params": adapters,
        # Of the root too: what stayed together would not see values that are loaded later.
        "reshard_after_forward": True,
    }
    groups = [*model.get_decoder().layers, model]
    for group in groups:
        fully_shard(group, **options)
        # A sum, not FSDP's mean: the loss is divided by the weight of the whole step. gloo knows
        # plain sums only.
        group.set_force_sum_reduction_for_comms(True)
        group.set_gradient_divide_factor(1.0)
    model.through_root = MethodType(_call, model)
    register(model, "through_root")


def _moved_adapters(model: nn.Module, device: torch.device) -> set[nn.Parameter]:
    names = [f"{name}.{leaf}" for name in lora_modules(model) for leaf in TRAINED]
    adapters = {p for name, p in model.named_parameters() if name in names}
    for parameter in adapters:
        parameter.data = parameter.data.to(device)
    return adapters


def _call(model: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    return function(model, *arguments)


def through_root(function: Function) -> Function:
    """`function(model, ...)` with the root's weights whole in it, where the model is cut.

    For functions that use the head or the embeddings outside of the model's own forward.
    """

    def call(model: Any, *arguments: Any) -> Any:
        root = getattr(model, "through_root", None)
        return function(model, *arguments) if root is None else root(function, *arguments)

    return cast(Function, call)


def aligned(rows: Sequence[Row], ranks: Ranks) -> list[Row]:
    """The rows and blank ones after them, so that all ranks have equally many."""
    most = max(row[0] for row in ranks.table([len(rows)]))
    return [*rows, *[BLANK] * (int(most) - len(rows))]


def local(parameter: Tensor) -> Tensor:
    """The part of a parameter, or of its gradient, that is here; it shares its storage."""
    plain = parameter.detach()
    part: Tensor = plain.to_local() if hasattr(plain, "to_local") else plain
    return part


def is_shard(parameter: Tensor) -> bool:
    """Whether only a part of the parameter is here."""
    return hasattr(parameter, "to_local")


def whole_state(model: Any, ranks: Ranks) -> dict[str, Tensor] | None:
    """The whole weights by name on the CPU of the first rank, nothing on others.

    None where the model is whole on every rank anyway.
    """
    state: dict[str, Tensor] = model.state_dict()
    if not any(is_shard(tensor) for tensor in state.values()):
        return None
    whole: dict[str, Tensor] = {}
    for name, tensor in state.items():
        together: Any = tensor
        found: Tensor = together.full_tensor() if is_shard(tensor) else tensor
        if ranks.is_first:
            whole[name] = found.detach().cpu()
    return whole


def gathered(parts: Sequence[Tensor], parameters: Sequence[Tensor]) -> Tensor:
    """The whole flat tensor, on the CPU of the first rank, which writes it; others get nothing.

    Every rank has `parts` of it, one a parameter. Eight ranks with a copy each would ask the host
    for eight times a checkpoint.
    """
    from torch.distributed.tensor import DTensor

    whole = []
    for part, parameter in zip(parts, parameters, strict=True):
        like: Any = parameter
        found: Any = DTensor.from_local(
            part, like.device_mesh, like.placements, shape=like.shape, stride=like.stride()
        )
        together = found.full_tensor().flatten()
        whole.append(together.cpu() if like.device_mesh.get_rank() == 0 else together[:0].cpu())
    return torch.cat(whole)


def scattered(whole: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """This rank's parts of a whole flat tensor, one after the other."""
    parts = []
    pieces = torch.split(whole, [parameter.numel() for parameter in parameters])
    for piece, parameter in zip(pieces, parameters, strict=True):
        mesh: Any = parameter.device_mesh  # type: ignore[attr-defined]
        chunks = piece.view(parameter.shape).chunk(mesh.size(), 0)
        number = mesh.get_local_rank()
        parts.append(chunks[number].flatten() if number < len(chunks) else piece[:0])
    return torch.cat(parts)
