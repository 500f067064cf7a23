"""The weights of a model with its adapter in them, one tensor at a time.

    W' = W + scale B A          in float32; with DoRA each row scaled to its magnitude

W is read from the base's files as it is stored. For a QLoRA that is not what the adapter was
trained on: it was trained and judged on W rounded to NF4. The sum does not fit four bits, so it is
made in the original precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from whet.artifacts.merging.naming import Skeleton, skeleton
from whet.errors import ModelError
from whet.models.adapter import Layer, fitting_layers
from whet.models.lora_layer import LoraLinear, features
from whet.models.peft_config import lora_scale, read_adapter_config
from whet.models.stored import StoredTensor, stored_tensors


class MergedWeights:
    """`whet.artifacts.weights.Weights` of a model's folder, with an adapter merged or without.

    `unties_head`: the adapter changed the output head, which was the embedding again; it becomes a
    tensor of its own, and `folder` must say so.

    Raises:
        ModelError: the adapter does not fit, or a weight holds a value that is not finite.
    """

    def __init__(self, model: Path, adapter: Path | None, folder: Path) -> None:
        self.folder = folder
        self.stored: dict[str, StoredTensor] = stored_tensors(model)
        self._files: dict[Path, Any] = {}
        self._layers: dict[str, tuple[Layer, float]] = {}
        self.unties_head = False
        self._sources: dict[str, str] = {name: name for name in self.stored}
        if adapter is not None:
            self._take(skeleton(model, self.stored), adapter)

    def _take(self, bones: Skeleton, adapter: Path) -> None:
        config = read_adapter_config(adapter)
        for layer, parts in fitting_layers(bones.model, adapter, config).items():
            tied = bones.tied_head
            if tied is not None and layer == tied[0]:
                name, self.unties_head = f"{layer}.weight", True
                self._sources[name] = tied[1]
            else:
                name = bones.stored_weight(layer)
            self._layers[name] = (parts, lora_scale(config, layer, parts[1].shape[0]))

    def names(self) -> Iterator[str]:
        """Every tensor's name, in the order of the files; an output head that was untied last."""
        return iter(self._sources)

    def merged_names(self) -> frozenset[str]:
        """The tensors that the adapter changes."""
        return frozenset(self._layers)

    def dtype_name(self, name: str) -> str:
        """How safetensors calls the dtype in which the tensor is stored."""
        return self.stored[self._sources[name]].entry.dtype

    def shape(self, name: str) -> tuple[int, ...]:
        """The tensor's shape, merged or not."""
        return self.stored[self._sources[name]].entry.shape

    def tensor(self, name: str) -> Tensor:
        """One tensor: as stored where no adapter touches it, else merged in float32."""
        weight = self._read(self._sources[name])
        if name in self._layers:
            weight = _merged(weight, *self._layers[name])
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            where = self.stored[self._sources[name]].file
            raise ModelError(f"{where}: {name} holds values that are not finite.")
        return weight

    def _read(self, name: str) -> Tensor:
        file = self.stored[name].file
        if file not in self._files:
            self._files[file] = safe_open(file, framework="pt")
        tensor: Tensor = self._files[file].get_tensor(name)
        return tensor

    def close(self) -> None:
        """Lets go of the files."""
        self._files.clear()


def _merged(weight: Tensor, layer: Layer, scale: float) -> Tensor:
    """The weight as it is stored (transposed where it was) plus what the adapter adds."""
    bones, a, b, magnitude = layer
    length = None if magnitude is None else magnitude.float()
    module = LoraLinear(_with_weight(bones, weight), a.float(), b.float(), scale, magnitude=length)
    with torch.no_grad():
        merged = module.merged_weight()
    return merged.t().contiguous() if module.transposed else merged


def _with_weight(bones: nn.Module, weight: Tensor) -> Any:
    """A layer of the same kind and size with this weight and no bias."""
    outputs, inputs = features(bones)
    stored = nn.Parameter(weight, requires_grad=False)
    with torch.device("meta"):
        made: Any = (
            nn.Linear(inputs, outputs, bias=False)
            if isinstance(bones, nn.Linear)
            else type(bones)(outputs, inputs)
        )
    if tuple(made.weight.shape) != tuple(stored.shape):
        raise ModelError(
            f"a weight of shape {tuple(stored.shape)} is stored for a layer of {outputs} outputs"
            f" and {inputs} inputs."
        )
    made.weight, made.bias = stored, None
    return made
