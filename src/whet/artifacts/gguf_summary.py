"""The head of a GGUF file from anybody, read with every length held against the file's size.

    magic, version, number of tensors, number of keys      then the keys, then the tensors' places

(The package `gguf` maps such a file and believes its lengths; llama.cpp ends its process on some.)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from whet.artifacts.gguf.package import gguf_package
from whet.errors import ModelError

MAX_TENSORS = MAX_KEYS = 100_000
MAX_TEXT_BYTES = 10_000_000
MAX_DIMENSIONS = 4
SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
TEXT, ARRAY = 8, 9
VERSIONS = (2, 3)


@dataclass(frozen=True, slots=True)
class Summary:
    """`keys` are the scalars and texts of the head; arrays are left out."""

    keys: dict[str, Any]
    tensors: tuple[str, ...] = field(default=())

    @property
    def is_adapter(self) -> bool:
        """Whether it is a LoRA, which needs a GGUF of its base."""
        return self.keys.get("general.type") == "adapter"

    @property
    def template(self) -> str | None:
        """The chat template in the file."""
        found = self.keys.get("tokenizer.chat_template")
        return found if isinstance(found, str) else None


def read_summary(path: Path) -> Summary:
    """The keys of a GGUF file and the names of its tensors, all of which lie in the file.

    Raises:
        ModelError: it is none, is cut off, or its head lies.
    """
    with path.open("rb") as file:
        reader = _Reader(file, path)
        if reader.take(4) != b"GGUF":
            raise ModelError(f"{path}: is no GGUF file by its content.")
        version, num_tensors, num_keys = reader.numbers("<IQQ")
        if version not in VERSIONS:
            raise ModelError(f"{path}: GGUF of version {version}; {VERSIONS} are read.")
        if num_tensors > MAX_TENSORS or num_keys > MAX_KEYS:
            raise ModelError(f"{path}: its head names {num_tensors:,} tensors, {num_keys:,} keys.")
        pairs = [reader.key() for _ in range(num_keys)]
        keys = dict(pairs)
        if len(keys) < len(pairs):  # which of the two llama.cpp takes is its own affair
            raise ModelError(f"{path}: names a key twice.")
        alignment = keys.get("general.alignment", 32)
        if type(alignment) is not int or alignment < 1:
            raise ModelError(f"{path}: general.alignment is {str(alignment)[:80]!r}, no number.")
        ends, names = [0], []
        for _ in range(num_tensors):
            name, end = reader.tensor()
            names.append(name)
            ends.append(end)
        if names:  # else nothing follows the head, not even its padding
            reader.align(alignment)
            reader.need(max(ends))
    if len(set(names)) < len(names):
        raise ModelError(f"{path}: names a tensor twice.")
    return Summary({name: value for name, value in keys.items() if value is not None}, tuple(names))


class _Reader:
    """Takes numbers and texts off a file, and complains where it ends too early."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._size = path.stat().st_size
        self._types = {int(kind): sizes for kind, sizes in gguf_package().GGML_QUANT_SIZES.items()}

    def need(self, count: int) -> None:
        """Refuses where fewer bytes are left."""
        left = self._size - self._file.tell()
        if count > left:
            raise ModelError(
                f"{self._path}: is cut off: {count:,} bytes are wanted, {left:,} left."
            )

    def take(self, count: int) -> bytes:
        self.need(count)
        return self._file.read(count)

    def numbers(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def text(self) -> str:
        (length,) = self.numbers("<Q")
        if length > MAX_TEXT_BYTES:
            raise ModelError(f"{self._path}: holds a text of {length:,} bytes in its head.")
        return self.take(length).decode("utf-8", "replace")

    def key(self) -> tuple[str, Any]:
        name = self.text()
        (kind,) = self.numbers("<I")
        return name, self._value(kind)

    def _value(self, kind: int) -> Any:
        """A scalar or a text; None for an array, which is passed over."""
        if kind in SCALARS:
            return self.numbers(f"<{SCALARS[kind]}")[0]
        if kind == TEXT:
            return self.text()
        if kind != ARRAY:
            raise ModelError(f"{self._path}: holds a value of the unknown kind {kind}.")
        inner, count = self.numbers("<IQ")
        if inner in SCALARS:
            size = count * struct.calcsize(f"<{SCALARS[inner]}")
            self.need(size)
            self._file.seek(size, 1)
        elif inner == TEXT:
            self.need(8 * count)  # each text has a length
            for _ in range(count):
                self.text()
        else:
            raise ModelError(f"{self._path}: holds an array of the unknown kind {inner}.")
        return None

    def tensor(self) -> tuple[str, int]:
        """(Name, end of its bytes from where the tensors begin)."""
        name = self.text()
        (dimensions,) = self.numbers("<I")
        if dimensions > MAX_DIMENSIONS:
            raise ModelError(f"{self._path}: {name[:80]!r} has {dimensions} dimensions.")
        shape = self.numbers(f"<{dimensions}Q")
        kind, offset = self.numbers("<IQ")
        if kind not in self._types:
            raise ModelError(f"{self._path}: {name[:80]!r} is of the unknown type {kind}.")
        block, size = self._types[kind]
        return name, offset + prod(shape) // block * size

    def align(self, alignment: int) -> None:
        at = self._file.tell()
        self._file.seek(-at % alignment, 1)
