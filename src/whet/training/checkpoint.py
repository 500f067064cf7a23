"""Checkpoints: JSON, safetensors and a manifest of hashes, whole or not there at all.

    checkpoints/step-00000120/
        state.json            history, choices, what the run was made of
        tensors.safetensors   values, the optimizer's state, best: flat, see `optimizer`
        manifest.json         bytes and SHA-256 of the other two

Written to a folder beside its place, synced, renamed, parent synced; only then are older ones
removed, but for the newest before it. No pickle is ever written or read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from whet.errors import TrainingError
from whet.models.files import check_safetensors

FORMAT = 1
KEEP = 2
FILES = ("state.json", "tensors.safetensors")


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A checkpoint read back. `notices` name broken ones that were passed over."""

    path: Path
    state: dict[str, Any]
    tensors: dict[str, Tensor]
    notices: tuple[str, ...]


def write(folder: Path, step: int, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Path:
    """Commits a checkpoint and removes all but the newest two; returns its folder.

    Raises:
        TrainingError: the disk is full or the folder cannot be written; older ones are untouched.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    place, building = folder / f"step-{step:08d}", folder / f".building-{step:08d}"
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".building-*"):
            shutil.rmtree(left)
        building.mkdir()
        save_file(dict(tensors), building / FILES[1])
        text = json.dumps({"format": FORMAT, **state}, ensure_ascii=False)
        (building / FILES[0]).write_text(text, encoding="utf-8")
        manifest = {name: _fingerprint(building / name) for name in FILES}
        (building / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for name in (*FILES, "manifest.json"):
            _sync(building / name)
        _sync(building)
        if place.exists():
            shutil.rmtree(place)
        building.rename(place)
        _sync(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(building, ignore_errors=True)
        free = shutil.disk_usage(folder).free if folder.exists() else 0
        raise TrainingError(
            f"{place}: the checkpoint of step {step} could not be written ({error}); it needs "
            f"{needed:,} bytes, {free:,} are free. Older checkpoints are whole: make room and "
            "resume."
        ) from None
    for old in _steps(folder)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole, or None where there is none at all.

    Raises:
        TrainingError: there are checkpoints and each is broken.
    """
    from safetensors.torch import load_file

    notices: list[str] = []
    for path in reversed(_steps(folder)):
        try:
            state = _checked(path)
            tensors = load_file(path / FILES[1])
        except TrainingError as error:
            notices.append(str(error))
            continue
        return Checkpoint(path, state, tensors, tuple(notices))
    if notices:
        raise TrainingError(
            "no checkpoint is whole, so nothing can be resumed:\n" + "\n".join(notices)
        )
    return None


def _checked(path: Path) -> dict[str, Any]:
    """The state of a checkpoint whose files are those of its manifest."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        for name in FILES:
            if _fingerprint(path / name) != manifest[name]:
                raise TrainingError(f"{path / name}: differs from its manifest; not used.")
        check_safetensors(path / FILES[1])
        state: dict[str, Any] = json.loads((path / FILES[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: not readable ({error}); not used.") from None
    if state.get("format") != FORMAT:
        raise TrainingError(f"{path}: has format {state.get('format')}, this program {FORMAT}.")
    return state


def _steps(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*")) if folder.is_dir() else []


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
