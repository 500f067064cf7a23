"""The package `gguf` of llama.cpp's makers, imported when a file is written."""

from __future__ import annotations

import logging
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
    logging.getLogger("gguf").setLevel(logging.ERROR)
    return gguf
