"""A model folder as a GGUF file, by whet's own writer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Weights:
    """A model folder's tensors, as `write_gguf` asks for them."""

    def __init__(self, folder: Path) -> None:
        from safetensors import safe_open

        self.folder = folder
        self._file = safe_open(folder / "model.safetensors", "pt")

    def names(self) -> Iterator[str]:
        yield from self._file.keys()

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._file.get_slice(name).get_shape())

    def tensor(self, name: str) -> Any:
        return self._file.get_tensor(name)


def make_gguf(folder: Path, file: Path) -> Path:
    pytest.importorskip("gguf")
    from whet.artifacts.gguf.whole import write_gguf

    write_gguf(Weights(folder), file)
    return file
