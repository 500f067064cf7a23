"""The tensors of a model's folder as they are stored: by name, with file, dtype and shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from whet.errors import ModelError
from whet.models.safetensors_header import Entry, read_header

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
MAX_INDEX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor is, and what its header says of it."""

    file: Path
    entry: Entry


def stored_tensors(folder: Path) -> dict[str, StoredTensor]:
    """Every tensor of a model's folder, in the order of the files; nothing of them is read.

    As transformers has it: `model.safetensors` if there is one, else the files of the index.

    Raises:
        ModelError: neither is there, a file is missing or broken, or the index does not tell what
            the files hold.
    """
    index = folder / INDEX
    if (folder / SINGLE).is_file():
        files, listed = [folder / SINGLE], None
    elif index.is_file():
        listed = read_index(index)
        files = sorted({folder / name for name in listed.values()})
    else:
        files, listed = _only_file(folder), None
    found: dict[str, StoredTensor] = {}
    for file in files:
        for name, entry in read_header(file).items():
            if listed is not None and listed.get(name) != file.name:
                continue  # the index says that another file's is the one
            found[name] = StoredTensor(file, entry)
    if listed is not None and (lost := sorted(set(listed) - set(found))):
        raise ModelError(f"{index}: names {lost[0]!r} in {listed[lost[0]]}, which lacks it.")
    return found


def read_index(path: Path) -> dict[str, str]:
    """Tensor name -> name of a file in the same folder.

    Raises:
        ModelError: it is no index, or names something outside its folder.
    """
    if path.stat().st_size > MAX_INDEX_BYTES:
        raise ModelError(f"{path}: larger than {MAX_INDEX_BYTES:,} bytes; it is not read.")
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        files = {str(name): str(file) for name, file in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{path}: is no index of safetensors files.") from None
    for file in sorted(set(files.values())):
        if Path(file).name != file or not file.endswith(".safetensors"):
            raise ModelError(
                f"{path}: names {file[:80]!r}, which is no safetensors file beside it."
            )
        if not (path.parent / file).is_file():
            raise ModelError(f"{path}: names {file}, which is missing; the model is incomplete.")
    return files


def _only_file(folder: Path) -> list[Path]:
    found = [p for p in folder.glob("*.safetensors") if not p.name.startswith("consolidated")]
    if len(found) != 1:
        raise ModelError(
            f"{folder}: has neither {SINGLE} nor {INDEX}, and {len(found)} other safetensors files."
        )
    return found
