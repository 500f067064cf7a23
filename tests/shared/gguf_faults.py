"""GGUF files written again with other metadata or tensors: faults to plant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

KeyValue = Any


def rewrite(
    source: Path,
    target: Path,
    *,
    fields: Mapping[str, KeyValue] | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
    drop: Collection[str] = (),
    of: tuple[Path, str] | None = None,
) -> Path:
    """The file with some fields and float32 tensors in the place of its own, and some left out.

    `of` names another file and the tensor to take from it as it is stored there.
    """
    reader = gguf.GGUFReader(source)
    field = reader.get_field("general.architecture")
    assert field is not None
    writer = gguf.GGUFWriter(target, field.contents())
    _copy_fields(reader, writer, dict(fields or {}), drop)
    for tensor in reader.tensors:
        if tensor.name in drop:
            continue
        if of and tensor.name == of[1]:
            tensor = next(t for t in gguf.GGUFReader(of[0]).tensors if t.name == of[1])
        if tensors and tensor.name in tensors:
            writer.add_tensor(tensor.name, tensors[tensor.name])
        else:
            writer.add_tensor(tensor.name, np.array(tensor.data), raw_dtype=tensor.tensor_type)
    for name in sorted(set(tensors or ()) - {tensor.name for tensor in reader.tensors}):
        writer.add_tensor(name, (tensors or {})[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _copy_fields(
    reader: Any, writer: Any, changed: dict[str, KeyValue], drop: Collection[str]
) -> None:
    for name, field in reader.fields.items():
        if name == "general.architecture" or name.startswith("GGUF.") or name in drop:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        value = changed.pop(name) if name in changed else field.contents()
        if value is not None:
            writer.add_key_value(name, value, kind, sub_type=inner)
    assert not changed, f"the file has no {sorted(changed)}"


def values_of(file: Path, name: str) -> np.ndarray:
    """A tensor's numbers."""
    found = next(tensor for tensor in gguf.GGUFReader(file).tensors if tensor.name == name)
    return np.array(gguf.quants.dequantize(found.data, found.tensor_type), np.float32)
