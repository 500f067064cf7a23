"""The weights of a model that is written out, one tensor at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from torch import Tensor


class Weights(Protocol):
    """A model's weights under transformers' names, read when asked for, so that none is held twice.

    `folder` holds what belongs to them: config.json, generation_config.json, tokenizer files,
    chat_template.jinja.
    """

    folder: Path

    def names(self) -> Iterator[str]:
        """Every tensor's name, in the order of the files."""
        ...

    def shape(self, name: str) -> tuple[int, ...]:
        """The tensor's shape, without reading it."""
        ...

    def tensor(self, name: str) -> Tensor:
        """One tensor: as stored where no adapter touches it, else merged in float32."""
        ...
