"""Kind `gguf-adapter`: the LoRA as a GGUF file, to be put on a GGUF of its base."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whet.artifacts.kinds.gguf import gguf_file
from whet.artifacts.merging import open_weights
from whet.artifacts.merging.companions import TEMPLATE
from whet.artifacts.options import Options
from whet.artifacts.subject import Subject

if TYPE_CHECKING:
    from whet.engines.engine import Engine


def write(subject: Subject, folder: Path, options: Options) -> None:
    """Writes `NAME-lora.gguf`, and the chat template that it was judged with.

    A GGUF of the base holds the base's template, which may be another.

    Raises:
        ModelError: an adapter that llama.cpp cannot apply.
    """
    from whet.artifacts.gguf import write_gguf_adapter

    assert subject.adapter is not None, "asked for by `require_adapter`"
    write_gguf_adapter(subject.adapter, subject.folder, folder / f"{subject.name}-lora.gguf")
    if subject.template:
        (folder / TEMPLATE).write_text(subject.template, encoding="utf-8", newline="")


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """The adapter in llama.cpp on a GGUF of its base in F32, made for the proof only."""
    from whet.artifacts.gguf import write_gguf
    from whet.engines.llama_cpp import LlamaCpp

    class OnItsBase(LlamaCpp):
        """Takes its base away with it."""

        def close(self) -> None:
            super().close()
            place.cleanup()

    place = tempfile.TemporaryDirectory(prefix=".whet-base-", dir=folder.parent)
    try:
        base = Path(place.name) / "base-F32.gguf"
        with open_weights(replace(subject, adapter=None)) as weights:
            write_gguf(weights, base, "F32", name=subject.model)
        return OnItsBase(base, adapter=gguf_file(folder), plain=not subject.template)
    except BaseException:
        place.cleanup()
        raise


def precision(subject: Subject, options: Options) -> str:
    """Adapters are written in F32, and proven on a base in F32."""
    return "F32"
