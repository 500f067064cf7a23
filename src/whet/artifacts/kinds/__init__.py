"""The kinds of export: one line each, and the module that writes it and runs it for the proof.

A kind's module has three functions:

    write(subject, folder, options) -> None            into an empty folder
    open_engine(subject, folder, options) -> Engine    what was written, running
    precision(subject, options) -> str                 how its numbers are held: float32, Q8_0, ...
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.artifacts.options import Options
    from whet.artifacts.subject import Subject
    from whet.engines.engine import Engine


class KindModule(Protocol):
    """What the module of a kind has."""

    def write(self, subject: Subject, folder: Path, options: Options) -> None:
        """Writes the artifact into an empty folder."""
        ...

    def open_engine(self, subject: Subject, folder: Path, options: Options) -> Engine:
        """What was written, behind an engine, for the proof."""
        ...

    def precision(self, subject: Subject, options: Options) -> str:
        """How the numbers of what is written are held; the tolerance of its proof hangs on it."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of export. `module` is imported when it is asked for."""

    name: str
    says: str
    module: str

    def load(self) -> KindModule:
        """The kind's functions."""
        return cast(KindModule, import_module(self.module))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("adapter", "the adapter in PEFT's format", "whet.artifacts.kinds.adapter"),
        Kind("merged", "one model in safetensors", "whet.artifacts.kinds.merged"),
        Kind("gguf", "one file for llama.cpp", "whet.artifacts.kinds.gguf"),
    )
}


def kinds_of(names: str) -> list[Kind]:
    """The kinds of a list with commas, each once.

    Raises:
        ConfigError: one is unknown or named twice.
    """
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in KINDS:
            raise ConfigError(f"--to: no kind {name!r}. There are: {', '.join(KINDS)}.")
        if wanted.count(name) > 1:
            raise ConfigError(f"--to: {name} is named twice.")
    return [KINDS[name] for name in wanted]
