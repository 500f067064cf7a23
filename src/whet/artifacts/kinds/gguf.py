"""Kind `gguf`: base and adapter as one file for llama.cpp, and for all that runs on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whet.artifacts.merging import open_weights
from whet.artifacts.options import Options
from whet.artifacts.subject import Subject
from whet.errors import ArtifactError

if TYPE_CHECKING:
    from whet.engines.engine import Engine


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str]:
    """Writes `NAME-KIND.gguf`; returns what a user should know of it.

    Raises:
        ModelError: a family, tokenizer or quantisation that is not written here.
    """
    from whet.artifacts.gguf import write_gguf

    file = folder / f"{subject.name}-{options.quantize}.gguf"
    with open_weights(subject) as weights:
        return write_gguf(
            weights, file, options.quantize, name=subject.name, llama_cpp=options.llama_cpp
        )


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """The file in llama.cpp."""
    from whet.engines.llama_cpp import LlamaCpp

    return LlamaCpp(gguf_file(folder), plain=not subject.template)


def precision(subject: Subject, options: Options) -> str:
    """The GGUF type."""
    return options.quantize


def gguf_file(folder: Path) -> Path:
    """The one GGUF file of a folder, wherever in it.

    Raises:
        ArtifactError: there is none, or several.
    """
    found = sorted(folder.rglob("*.gguf"))
    if len(found) != 1:
        raise ArtifactError(f"{folder}: holds {len(found)} GGUF files, expected one.")
    return found[0]
