"""Checkpoints: JSON, safetensors and a manifest of hashes, whole or not there at all.

    checkpoints/step-00000120/
        state.json            step, history, choices, what the run was made of
        tensors.safetensors   values, the optimizer's state, best: flat, see `optimizer`
        manifest.json         bytes and SHA-256 of the other two

Written to a folder beside its place, synced, renamed, parent synced; only then are older ones
removed, but for the newest before it. A step that is saved again (stopped twice at one place) gets
a place of its own, `step-00000120-1`, so that nothing is ever removed to make room for its
successor. On reading, the manifest is computed anew from the files and compared byte by byte: one
flipped bit in any of the three, even in a blank, is found before anything is loaded. No pickle is
ever written or read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from whet.errors import ModelError, TrainingError
from whet.models.files import check_safetensors

FORMAT = 2
KEEP = 2
FILES = ("state.json", "tensors.safetensors")
MANIFEST = "manifest.json"
NAME = re.compile(r"step-(\d{8,})(?:-(\d+))?")


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

    place, building = _free_place(folder, step), folder / f".building-{step:08d}"
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
        for left in folder.glob(".building-*"):
            shutil.rmtree(left)
        building.mkdir()
        save_file(dict(tensors), building / FILES[1])
        text = json.dumps({"format": FORMAT, "step": step, **state}, ensure_ascii=False)
        (building / FILES[0]).write_text(text, encoding="utf-8")
        (building / MANIFEST).write_bytes(_manifest(building))
        for name in (*FILES, MANIFEST):
            _sync(building / name)
        _sync(building)
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
    for old in [path for path in _steps(folder) if NAME.fullmatch(path.name)][:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def check_space(folder: Path, num_bytes: int) -> str | None:
    """A warning where the disk may fill up before the run ends, of which each checkpoint is so big.

    Raises:
        TrainingError: not even one checkpoint fits.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    told = f"{folder}: a checkpoint needs {num_bytes:,} bytes, {free:,} are free"
    if free < num_bytes:
        raise TrainingError(f"{told}. Make room, or train fewer weights (train.rank).")
    if free < (KEEP + 1) * num_bytes:
        return f"{told}; {KEEP} are kept beside the one that is written, so the disk may fill up."
    return None


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole, or None where there is none at all.

    Raises:
        TrainingError: there are checkpoints and each is broken.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    notices: list[str] = []
    for path in reversed(_steps(folder)):
        try:
            state = _checked(path)
            tensors = load_file(path / FILES[1])
        except (TrainingError, ModelError) as error:
            notices.append(str(error))
            continue
        except SafetensorError as error:
            notices.append(f"{path / FILES[1]}: not readable ({error}); not used.")
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
        if found := sorted({p.name for p in path.iterdir()} ^ {*FILES, MANIFEST}):
            raise TrainingError(f"{path}: {', '.join(found)} missing or too much; not used.")
        if (path / MANIFEST).read_bytes() != _manifest(path):
            raise TrainingError(f"{path}: {_damaged(path)} differs from its manifest; not used.")
        check_safetensors(path / FILES[1])
        state: dict[str, Any] = json.loads((path / FILES[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(f"{path}: not readable ({error}); not used.") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise TrainingError(f"{path}: is not of format {FORMAT}, which this program reads.")
    if _place_in_time(path)[:1] != (state.get("step"),):
        raise TrainingError(f"{path}: holds step {state.get('step')}, so it was renamed; not used.")
    return state


def _damaged(path: Path) -> str:
    """The file that is not as its manifest says; the manifest, where it says nothing."""
    try:
        expected = json.loads((path / MANIFEST).read_bytes())
        damaged = [name for name in FILES if _fingerprint(path / name) != expected[name]]
    except (ValueError, KeyError, TypeError):
        return MANIFEST
    return damaged[0] if damaged else MANIFEST


def _free_place(folder: Path, step: int) -> Path:
    """The place of a step's next checkpoint, after those that it has already."""
    same = [place for place in map(_place_in_time, _steps(folder)) if place[:1] == (step,)]
    number = max(same)[1] + 1 if same else 0
    return folder / (f"step-{step:08d}" + (f"-{number}" if number else ""))


def _steps(folder: Path) -> list[Path]:
    """Oldest first; a name that is none of ours is older than all."""
    return sorted(folder.glob("step-*"), key=_place_in_time) if folder.is_dir() else []


def _place_in_time(path: Path) -> tuple[int, ...]:
    """(step, which of its checkpoints), or nothing for another name."""
    found = NAME.fullmatch(path.name)
    return (int(found[1]), int(found[2] or 0)) if found else ()


def _manifest(path: Path) -> bytes:
    return json.dumps({name: _fingerprint(path / name) for name in FILES}, indent=1).encode()


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
