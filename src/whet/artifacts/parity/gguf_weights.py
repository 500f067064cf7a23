"""The tensors of a GGUF file under transformers' names, read back from what llama.cpp is given.

Written apart from the writer, so that a mistake of it shows. llama.cpp's layouts differ in places:

    llama      rows of q_proj and k_proj lie in pairs (its rotary embedding turns neighbours)
    gemma*     norm weights are stored with 1 added
    head       a file without `output.weight` uses `token_embd.weight`
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.artifacts.parity.stored import Stored
from whet.engines.reference import HEAD
from whet.errors import MissingExtraError

IN_PAIRS = ("q_proj.weight", "k_proj.weight", "q_proj.bias", "k_proj.bias")
EMBEDDING = "model.embed_tokens.weight"


class GgufWeights:
    """The tensors of one file, with a GGUF adapter added where one is named."""

    def __init__(self, file: Path, adapter: Path | None = None) -> None:
        try:
            import gguf
        except ImportError:
            raise MissingExtraError("gguf", "export", "Reading a GGUF file") from None
        self._gguf = gguf
        reader = gguf.GGUFReader(file)
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        self._arch = str(_value(reader, "general.architecture"))
        blocks = int(_value(reader, f"{self._arch}.block_count"))
        self._heads = int(_value(reader, f"{self._arch}.attention.head_count"))
        kv = _value(reader, f"{self._arch}.attention.head_count_kv")
        self._kv_heads = int(kv if kv is not None else self._heads)
        arch = next(a for a, name in gguf.MODEL_ARCH_NAMES.items() if name == self._arch)
        self._names: Any = gguf.get_tensor_name_map(arch, blocks)
        self.ties_head = "output.weight" not in self._tensors
        self._adapter = _Adapter(gguf.GGUFReader(adapter)) if adapter is not None else None

    def stored(self, name: str) -> Stored | None:
        """The tensor of that name as transformers would hold it; None where the file has none."""
        source = EMBEDDING if name == HEAD and self.ties_head else name
        tensor = self._tensors.get(self._named(source))
        if tensor is None:
            return None
        held = self._gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        values = torch.from_numpy(np.array(held, np.float32))
        added = self._adapter is not None and self._adapter.has(self._named(source))
        if self._adapter is not None and added:
            values = self._adapter.added(self._named(source), values)
        kind = str(tensor.tensor_type.name)
        return Stored(self._as_in_transformers(name, values), kind, added)

    def _named(self, name: str) -> str:
        found = self._names.get_name(name, try_suffixes=(".weight", ".bias"))
        return found if isinstance(found, str) else name

    def _as_in_transformers(self, name: str, values: Tensor) -> Tensor:
        if self._arch == "llama" and name.endswith(IN_PAIRS):
            heads = self._heads if "q_proj" in name else self._kv_heads
            return _unpaired(values, heads)
        if self._arch.startswith("gemma") and name.endswith("norm.weight"):
            return values - 1
        return values


class _Adapter:
    """The low-rank pairs of a GGUF adapter, and alpha / rank as llama.cpp computes it."""

    def __init__(self, reader: Any) -> None:
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        self._alpha = float(_value(reader, "adapter.lora.alpha"))

    def has(self, name: str) -> bool:
        return f"{name}.lora_a" in self._tensors and f"{name}.lora_b" in self._tensors

    def added(self, name: str, values: Tensor) -> Tensor:
        pair = (self._tensors[f"{name}.lora_{part}"] for part in "ab")
        down, up = (torch.from_numpy(np.array(t.data, np.float32)) for t in pair)
        return values + (up @ down) * (self._alpha / down.shape[0])


def _unpaired(values: Tensor, heads: int) -> Tensor:
    rows = values.shape[0]
    split = values.reshape(heads, rows // heads // 2, 2, *values.shape[1:])
    return split.transpose(1, 2).reshape(values.shape)


def _value(reader: Any, key: str) -> Any:
    found = reader.get_field(key)
    return None if found is None else found.contents()
