"""The plain values in the head of a GGUF file, read without its tensors or its vocabulary."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

from whet.errors import ModelError

MAGIC = b"GGUF"
SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
MOST_PAIRS, MOST_BYTES, MOST_ITEMS = 100_000, 2**24, 2**24


def read_header(path: Path) -> dict[str, Any]:
    """Every key with a number, a truth value or a text; of arrays only their length.

    Raises:
        ModelError: the file is none, or is cut off.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise ModelError(f"{path}: is no GGUF file by its content.")
            version, _, num_pairs = struct.unpack("<IQQ", file.read(20))
            if version not in (2, 3) or num_pairs > MOST_PAIRS:
                raise ModelError(f"{path}: GGUF version {version}, {num_pairs} keys: not readable.")
            return dict(_pair(file) for _ in range(num_pairs))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}.") from None
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise ModelError(f"{path}: the head of the GGUF file is broken: {error}.") from None


def _pair(file: IO[bytes]) -> tuple[str, Any]:
    key = _text(file)
    return key, _value(file, _number(file, "I"))


def _value(file: IO[bytes], kind: int) -> Any:
    if kind == STRING:
        return _text(file)
    if kind == ARRAY:
        return _skipped(file)
    if kind not in SIZES:
        raise ValueError(f"a value of unknown type {kind}")
    return _number(file, SIZES[kind])


def _skipped(file: IO[bytes]) -> int:
    """Passes over an array; its length."""
    kind, length = _number(file, "I"), _number(file, "Q")
    if length > MOST_ITEMS:
        raise ValueError(f"an array of {length} values")
    if kind in SIZES:
        file.seek(struct.calcsize("<" + SIZES[kind]) * length, 1)
        return int(length)
    for _ in range(length):
        _value(file, kind)
    return int(length)


def _number(file: IO[bytes], form: str) -> Any:
    form = "<" + form
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _text(file: IO[bytes]) -> str:
    length = _number(file, "Q")
    if length > MOST_BYTES:
        raise ValueError(f"a text of {length} bytes")
    raw = file.read(length)
    if len(raw) < length:
        raise ValueError("it ends within a text")
    return raw.decode("utf-8", "replace")
