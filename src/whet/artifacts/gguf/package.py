"""The package `gguf` of llama.cpp's makers, imported when a file is written."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whet.errors import MissingExtraError


def gguf_package() -> Any:
    """The package `gguf`: writer, tensor names and quantisers, with its log quiet.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import gguf
    except ImportError:
        raise MissingExtraError("gguf", "export", "writing GGUF files") from None
    log = logging.getLogger("gguf")
    if log.level != logging.ERROR:
        log.setLevel(logging.ERROR)
    return gguf


@contextmanager
def whole_file(writer: Any, file: Path) -> Iterator[Path]:
    """A path for the writer, which becomes `file` when all went well and vanishes otherwise."""
    part = file.with_name(f"{file.name}.part")
    try:
        yield part
        writer.close()
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):  # closing writes what is left, and the disk may be full
            writer.close()
        part.unlink(missing_ok=True)
        raise
