"""What an artifact's files are by their content: nothing that can run code, nothing half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from whet.artifacts.checks import Check, failed, passed
from whet.errors import ModelError
from whet.models.contents import carries_code, content_of
from whet.models.safetensors_header import read_header

MAX_JSON_BYTES = 200_000_000
GGUF_MAGIC = b"GGUF"


def check_contents(files: list[Path], root: Path) -> Iterator[Check]:
    """A check of every fault, or one that says how many files were looked at.

    By content, not by name: a pickle is found under any name, and a `.safetensors` or `.gguf` has
    to be one.
    """
    faults = [fault for path in files if (fault := _fault(path, root)) is not None]
    if faults:
        yield from (failed("content", fault) for fault in faults)
    else:
        yield passed("content", f"{len(files)} files are what their names say")


def _fault(path: Path, root: Path) -> str | None:
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        return f"{name} is a link; an artifact holds files"
    seen = content_of(path)
    if carries_code(seen):
        return f"{name} is {seen}"
    try:
        if path.suffix == ".safetensors":
            return _of_tensors(path, name)
        if path.suffix == ".gguf":
            return _of_gguf(path, name)
        if path.suffix == ".json":
            return _of_json(path, name)
    except ModelError as error:
        return str(error).replace(str(path), name)
    return None


def _of_tensors(path: Path, name: str) -> str | None:
    import torch
    from safetensors import safe_open

    read_header(path)
    with safe_open(path, framework="pt") as file:
        for tensor_name in file.keys():  # noqa: SIM118 - no dictionary
            tensor = file.get_tensor(tensor_name)
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor.float()).all()):
                return f"{name}: {tensor_name} holds values that are not finite"
    return None


def _of_gguf(path: Path, name: str) -> str | None:
    with path.open("rb") as file:
        if file.read(4) != GGUF_MAGIC:
            return f"{name} is no GGUF file by its content"
    from whet.artifacts.gguf_summary import read_summary

    read_summary(path)
    return None


def _of_json(path: Path, name: str) -> str | None:
    if path.stat().st_size > MAX_JSON_BYTES:
        return f"{name} is larger than {MAX_JSON_BYTES:,} bytes"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        return f"{name} is not valid JSON ({type(error).__name__})"
    if isinstance(value, dict) and "auto_map" in value:
        return f"{name} asks to run code of its own (`auto_map`)"
    return None
