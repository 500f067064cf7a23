"""The header of a safetensors file, believed only after every number in it was checked.

    8 bytes   length of the header, little endian
    header    JSON: {name: {"dtype", "shape", "data_offsets": [start, end]}, "__metadata__": {...}}
    data      the tensors, without a gap, to the end of the file

The library checks much of this too, but only when it opens a file, and it bounds neither the
number of tensors nor tells which of two equal names it took.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from whet.errors import ModelError
from whet.models.contents import content_of

MAX_HEADER_BYTES = 100_000_000
MAX_TENSORS = 100_000
MAX_DIMENSIONS = 16
METADATA = "__metadata__"
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor: its dtype by safetensors' name, its shape, and where its bytes lie."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def num_bytes(self) -> int:
        return self.end - self.start


def read_header(path: Path) -> dict[str, Entry]:
    """Every tensor of a file by name, in the order of the header.

    Raises:
        ModelError: it is something else by its content, cut off, or its header lies.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(9)
        length = int.from_bytes(head[:8], "little")
        if len(head) < 9 or head[8:9] != b"{" or not 0 < length <= MAX_HEADER_BYTES:
            raise _fault(path, "is no safetensors file by its content")
        if length > size - 8:
            raise _fault(path, "is no safetensors file by its content, or it is cut off")
        file.seek(8)
        text = file.read(length)
    if text.count(b'"data_offsets"') > MAX_TENSORS:
        raise _fault(path, f"its header names more than {MAX_TENSORS:,} tensors")
    entries = _entries(path, text)
    _check_layout(path, entries, size - 8 - length)
    return entries


def _entries(path: Path, text: bytes) -> dict[str, Entry]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise _fault(path, f"its header names {twice[:80]!r} twice")
        return found

    try:
        header = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise _fault(path, f"its header is no JSON ({type(error).__name__})") from None
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _fault(path, f"its {METADATA} holds something else than texts")
    return {name: _entry(path, name, value) for name, value in header.items()}


def _entry(path: Path, name: str, value: Any) -> Entry:
    try:
        dtype, shape, (start, end) = value["dtype"], value["shape"], value["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise _fault(path, f"{name[:80]!r} lacks dtype, shape or data_offsets") from None
    if dtype not in BITS:
        raise _fault(path, f"{name[:80]!r} is of the unknown dtype {str(dtype)[:20]!r}")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not _are_counts(shape):
        raise _fault(path, f"{name[:80]!r} has no possible shape")
    if not _are_counts((start, end)) or end < start:
        raise _fault(path, f"{name[:80]!r} has no possible offsets")
    if prod(shape) * BITS[dtype] != (end - start) * 8:
        raise _fault(
            path,
            f"{name[:80]!r} is {dtype} {shape}, and {end - start:,} bytes are given for it",
        )
    return Entry(dtype, tuple(shape), start, end)


def _are_counts(values: Iterable[Any]) -> bool:
    return all(type(value) is int and 0 <= value < 2**63 for value in values)


def _check_layout(path: Path, entries: dict[str, Entry], num_bytes: int) -> None:
    """Refuses tensors that overlap, leave gaps, or do not end where the file ends."""
    at = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].start, item[1].end)):
        if entry.start != at:
            what = "overlaps another tensor" if entry.start < at else "begins after a gap"
            raise _fault(path, f"{name[:80]!r} {what} (at {entry.start:,}, expected {at:,})")
        at = entry.end
    if at > num_bytes:
        raise _fault(path, f"is cut off: {num_bytes:,} of {at:,} bytes of tensors are there")
    if at < num_bytes:
        raise _fault(path, f"{num_bytes - at:,} bytes stand after its last tensor")


def _fault(path: Path, what: str) -> ModelError:
    seen = content_of(path)
    by_content = f" (it is {seen})" if seen else ""
    return ModelError(f"{path}: {what}{by_content}; it is not opened.")
