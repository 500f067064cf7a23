"""Which tensor of the file is made of which weight, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.artifacts.gguf.families import Family
from whet.artifacts.gguf.package import gguf_package
from whet.artifacts.gguf.precision import Precision, fitting_type
from whet.artifacts.weights import Weights
from whet.errors import ModelError

HEAD, EMBEDDING = "output.weight", "token_embd.weight"
_LAYER = re.compile(r"^blk\.(\d+)\.(.+)$")


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """One tensor of the file: its name there, the weight it is made of, its shape and GGML type."""

    name: str
    source: str
    shape: tuple[int, ...]
    kind: str


class Naming:
    """llama.cpp's names of a model's weights, and the change that each goes through."""

    def __init__(self, config: Any, family: Family) -> None:
        gguf = gguf_package()
        names = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
        self._map = gguf.get_tensor_name_map(names[family.architecture], config.num_hidden_layers)
        self._family = family
        self._heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}

    def name(self, source: str) -> str:
        """What llama.cpp calls the weight.

        Raises:
            ModelError: it has no such weight.
        """
        found = self._map.get_name(source, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise ModelError(
                f"{source}: llama.cpp's {self._family.architecture} models have no such weight, so "
                "a file without it would answer otherwise."
            )
        return str(found)

    def changed(self, source: str, tensor: Tensor) -> Tensor:
        """The weight as llama.cpp wants it."""
        if self._family.shifts_norms and source.endswith("norm.weight"):
            return tensor.to(torch.float32) + 1
        heads = self.permuted_heads(source)
        return permuted(tensor, heads) if heads else tensor

    def permuted_heads(self, source: str) -> int:
        """Of how many heads the rows change their order; 0: they do not."""
        layer = source.rsplit(".", 2)
        if not self._family.permutes or len(layer) < 3:
            return 0
        return int(self._heads.get(layer[-2], 0))


def permuted(tensor: Tensor, heads: int) -> Tensor:
    """The rows of q or k in llama.cpp's order: the two halves of each head interleaved."""
    rows = tensor.shape[0] // heads
    parts = tensor.reshape(heads, 2, rows // 2, *tensor.shape[1:])
    return parts.swapaxes(1, 2).reshape(tensor.shape)


def planned_tensors(
    weights: Weights, config: Any, naming: Naming, precision: Precision
) -> list[PlannedTensor]:
    """All tensors that the weights become, in their order.

    Raises:
        ModelError: a weight that llama.cpp has not, or a layer or the head is missing.
    """
    planned = []
    for source in _used(weights, config):
        name, shape = naming.name(source), tuple(weights.shape(source))
        is_head = name == (EMBEDDING if config.tie_word_embeddings else HEAD)
        wanted = "F32" if name.endswith("_norm.weight") else precision.matrices
        kind = fitting_type(precision.head if is_head else wanted, shape)
        planned.append(PlannedTensor(name, source, shape, kind))
    _check_complete(planned, config)
    return planned


def _used(weights: Weights, config: Any) -> Iterator[str]:
    for source in weights.names():
        if source.endswith(".rotary_emb.inv_freq"):
            continue
        if source == "lm_head.weight" and config.tie_word_embeddings:
            continue  # transformers ignores it too: the embedding is the head
        yield source


def _check_complete(planned: list[PlannedTensor], config: Any) -> None:
    layers: dict[int, set[str]] = {number: set() for number in range(config.num_hidden_layers)}
    names = set()
    for tensor in planned:
        names.add(tensor.name)
        if match := _LAYER.match(tensor.name):
            layers[int(match[1])].add(match[2])
    whole = set().union(*layers.values())
    missing = [f"blk.{number}.{name}" for number, has in layers.items() for name in whole - has]
    needed = [EMBEDDING, "output_norm.weight"] + [HEAD] * (not config.tie_word_embeddings)
    missing += [name for name in needed if name not in names]
    if missing or not whole:
        raise ModelError(
            f"{len(missing)} weights are missing ({', '.join(sorted(missing)[:3])}, ... by "
            "llama.cpp's names), so the model is not whole."
        )
