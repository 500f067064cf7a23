"""Damage to a checkpoint is found before anything is loaded; no failed write harms an old one."""

from __future__ import annotations

import os
import random
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.errors import TrainingError
from whet.training import checkpoint

STATE = {"history": {"losses": [1.5, float("nan")], "journal": ["step 1: ..."]}, "num_updates": 2}
FILES = (*checkpoint.FILES, checkpoint.MANIFEST)
SOAK = bool(os.environ.get("WHET_SOAK"))


def tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return {name: torch.randn(300) for name in ("values", "mean", "square", "best")}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return checkpoint.write(tmp_path / "checkpoints", 7, STATE, tensors())


def found_out(folder: Path) -> str:
    with pytest.raises(TrainingError, match="no checkpoint is whole") as caught:
        checkpoint.latest(folder)
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_anywhere_is_found(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    monkeypatch.setattr("safetensors.torch.load_file", lambda path: loads.append(path))
    content = (place / name).read_bytes()
    drawn = random.Random(0)
    bits = list(range(8 * len(content)))
    if name != checkpoint.MANIFEST and not SOAK:
        bits = drawn.sample(bits, 400) + list(range(64)) + bits[-64:]
    for bit in bits:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        (place / name).write_bytes(damaged)
        with pytest.raises(TrainingError):
            checkpoint.latest(place.parent)
    (place / name).write_bytes(content)
    assert not loads, "found before anything is loaded"


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_or_longer_is_found(name: str, place: Path) -> None:
    content = (place / name).read_bytes()
    lengths = random.Random(0).sample(range(len(content)), min(60, len(content)))
    for damaged in [*(content[:n] for n in lengths), content + b"\n", content + b"\0"]:
        (place / name).write_bytes(damaged)
        assert str(place) in found_out(place.parent)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_renamed_or_swapped_is_found(
    name: str, place: Path, tmp_path: Path
) -> None:
    other = checkpoint.write(tmp_path / "other", 7, {**STATE, "num_updates": 3}, tensors(1))
    content = (place / name).read_bytes()
    (place / name).rename(place / f"{name}.bak")
    assert f"{name}.bak" in found_out(place.parent) and name in found_out(place.parent)
    (place / f"{name}.bak").unlink()
    assert f"{name} missing or too much" in found_out(place.parent)
    shutil.copy(other / name, place / name)
    assert "differs from its manifest" in found_out(place.parent)
    (place / name).write_bytes(content)
    assert checkpoint.latest(place.parent) is not None
    (place / "more.bin").write_bytes(b"")
    assert "more.bin missing or too much" in found_out(place.parent)


@pytest.mark.parametrize("name", ["step-00000009", "step-00000007.bak", "step-old"])
def test_a_checkpoint_under_another_name_is_found(name: str, place: Path) -> None:
    place.rename(place.parent / name)
    assert "so it was renamed" in found_out(place.parent)


def test_a_file_that_is_a_link_to_nowhere_or_a_folder_is_found(place: Path) -> None:
    (place / "state.json").unlink()
    (place / "state.json").symlink_to("/nowhere/state.json")
    assert "not readable" in found_out(place.parent)
    (place / "state.json").unlink()
    (place / "state.json").mkdir()
    assert "not readable" in found_out(place.parent)


@pytest.mark.parametrize(
    "state", [b"[" * 200_000, b"null", b'{"format": 2}', b"\xff\xfe", b'{"format": "2", "step": 7}']
)
def test_a_made_up_state_is_refused_without_a_traceback(state: bytes, place: Path) -> None:
    (place / "state.json").write_bytes(state)
    (place / checkpoint.MANIFEST).write_bytes(checkpoint._manifest(place))
    assert "state.json" in found_out(place.parent) or str(place) in found_out(place.parent)


@pytest.mark.parametrize("content", [b"\x80\x04K.", b"PK\x03\x04", b"\x10" + b"\0" * 7 + b"{}"])
def test_made_up_tensors_are_refused_without_a_traceback(content: bytes, place: Path) -> None:
    (place / "tensors.safetensors").write_bytes(content + b"\0" * 64)
    (place / checkpoint.MANIFEST).write_bytes(checkpoint._manifest(place))
    assert "tensors.safetensors" in found_out(place.parent)


def test_a_step_saved_again_never_removes_its_predecessor_first(tmp_path: Path) -> None:
    for number in range(13):
        checkpoint.write(tmp_path, 7, {**STATE, "num_updates": number}, tensors())
        found = checkpoint.latest(tmp_path)
        assert found is not None and found.state["num_updates"] == number
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000007-11", "step-00000007-12"]


def test_files_are_synced_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    honest, rename = checkpoint._sync, Path.rename
    monkeypatch.setattr(checkpoint, "_sync", lambda p: (events.append(p.name), honest(p)))
    monkeypatch.setattr(Path, "rename", lambda p, t: (events.append("rename"), rename(p, t))[1])
    checkpoint.write(tmp_path / "checkpoints", 7, STATE, tensors())
    building = ".building-00000007"
    first = tmp_path.name
    assert events == [first, "state.json", "tensors.safetensors", "manifest.json", building,
                      "rename", "checkpoints"]  # fmt: skip


@contextmanager
def largest_file(limit: int) -> Iterator[None]:
    """Within it no file of this process grows beyond so many bytes: writing more is an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))  # Python ignores SIGXFSZ by itself
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_at_any_byte_harms_no_checkpoint(place: Path) -> None:
    sizes = sorted(file.stat().st_size for file in place.iterdir())
    limits = [*random.Random(0).sample(range(sizes[-1]), 50), 0, 1, *(n - 1 for n in sizes)]
    for limit in limits:
        with (
            largest_file(limit),
            pytest.raises(TrainingError, match=r"bytes, .* are free") as caught,
        ):
            checkpoint.write(place.parent, 8, STATE, tensors(1))
        assert "Older checkpoints are whole" in str(caught.value)
        found = checkpoint.latest(place.parent)
        assert found is not None and found.path == place and not found.notices
        assert [p.name for p in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("name", ["mkdir", "rename", "write_text", "write_bytes"])
def test_any_operation_that_fails_harms_no_checkpoint(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, name, refuse)
        with pytest.raises(TrainingError, match="Read-only file system"):
            checkpoint.write(place.parent, 8, STATE, tensors(1))
    found = checkpoint.latest(place.parent)
    assert found is not None and found.path == place and not found.notices
