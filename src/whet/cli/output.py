"""What a verb's result looks like: JSON on stdout, or text for a person."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


def jsonable(value: Any) -> Any:
    """Dataclasses, enums, paths and tuples as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return value


def print_json(result: Any) -> None:
    """The result and its `schema_version` on stdout."""
    values = jsonable(result)
    values = {"schema_version": SCHEMA_VERSION, **values}
    sys.stdout.write(json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def has_colours() -> bool:
    """Whether stdout is a terminal that shows colours, and nobody said NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def printable(text: str) -> str:
    """Text of a model or of data with its control characters made visible."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def encodable(text: str) -> str:
    """Text with what this terminal's encoding lacks replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def print_text(text: str, paint: Callable[[str], str] = str) -> None:
    """Text for a person on stdout, with control characters of the data made visible.

    `paint` puts colours on, after that.
    """
    sys.stdout.write(encodable(paint(printable(text))) + "\n")
