"""Files as they lie on disk: plain, .gz or .zst, decompressed as they are read.

Zstandard is in Python's library from 3.14 on; before that the same module is on PyPI as
backports.zstd. It is imported only when a .zst file is opened.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from whet.errors import MissingExtraError

PACKINGS = {".gz": "gz", ".zst": "zst"}
"""The suffixes of packed files."""


def open_packed(path: Path, packing: str, name: str) -> BinaryIO:
    """The bytes of the file, unpacked.

    Raises:
        MissingExtraError: a .zst file, and Python has no Zstandard.
    """
    if packing == "gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if packing == "zst":
        return cast(BinaryIO, _zstd(name).open(path, "rb"))
    return path.open("rb")


def damage_errors() -> tuple[type[Exception], ...]:
    """What reading a damaged packed file raises, beside an OSError."""
    loaded = (sys.modules.get(name) for name in ("compression.zstd", "backports.zstd"))
    return (EOFError, zlib.error, *(module.ZstdError for module in loaded if module))


def _zstd(name: str) -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise MissingExtraError("backports.zstd", "data", f"Reading {name}") from None
    return zstd
