"""Safetensors written tensor by tensor: never more than one of them in memory.

(The library's own writer wants all tensors of a file at once, and a full disk reaches it inside a
memory map.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from whet.artifacts.space import require_space
from whet.models.safetensors_header import BITS
from whet.models.stored import INDEX, SINGLE

SHARD_BYTES = 5_000_000_000
ALIGNMENT = 8
DTYPES = {
    "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}  # fmt: skip
FLOATS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor that will be written: its name, its dtype by safetensors' name, its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        return prod(self.shape) * BITS[self.dtype] // 8


def write_tensors(
    folder: Path,
    planned: Sequence[Planned],
    read: Callable[[str], Tensor],
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Writes `model.safetensors`, or several files and their index where it is too large for one.

    `read` gives each tensor, in the planned dtype and shape, when its turn has come.

    Raises:
        OSError: the disk is full, or refuses otherwise.
    """
    require_space(folder, sum(tensor.num_bytes for tensor in planned))
    shards = list(_shards(planned, shard_bytes))
    if len(shards) == 1:
        _write_file(folder / SINGLE, shards[0], read)
        return
    listed: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_file(folder / name, shard, read)
        listed |= {tensor.name: name for tensor in shard}
    total = sum(tensor.num_bytes for tensor in planned)
    index = {"metadata": {"total_size": total}, "weight_map": listed}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _shards(planned: Sequence[Planned], most: int) -> Iterator[list[Planned]]:
    shard: list[Planned] = []
    size = 0
    for tensor in planned:
        if shard and size + tensor.num_bytes > most:
            yield shard
            shard, size = [], 0
        shard.append(tensor)
        size += tensor.num_bytes
    if shard:
        yield shard


def _write_file(path: Path, shard: Sequence[Planned], read: Callable[[str], Tensor]) -> None:
    with path.open("xb") as file:
        file.write(_header(shard))
        for tensor in shard:
            _write_tensor(file, tensor, read(tensor.name))


def _header(shard: Sequence[Planned]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in shard:
        end = at + tensor.num_bytes
        entries[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [at, end],
        }
        at = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def _write_tensor(file: BinaryIO, planned: Planned, tensor: Tensor) -> None:
    assert tensor.dtype == DTYPES[planned.dtype], (planned.name, tensor.dtype, planned.dtype)
    assert tuple(tensor.shape) == planned.shape, (planned.name, tensor.shape, planned.shape)
    if not tensor.numel():
        return
    data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    file.write(data.numpy().data)
