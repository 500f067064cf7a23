"""A run that was stopped anywhere continues bit by bit as if it had not been."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.errors import Interrupted, TrainingError
from whet.models.lora import lora_modules
from whet.rows.sequence import RenderedExample
from whet.training import checkpoint
from whet.training.loop import train
from whet.training.settings import TrainSettings

Rows = list[RenderedExample]
SETTINGS = TrainSettings(
    epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32", tokens_per_micro_batch=60
)


def weights(loaded: Any) -> list[torch.Tensor]:
    modules = lora_modules(loaded.model).values()
    return [p.detach().clone() for m in modules for p in (m.lora_A, m.lora_B)]


def run(make: Any, rows: Rows, folder: Path, **options: Any) -> tuple[Any, list[torch.Tensor]]:
    loaded = make()
    settings = options.pop("settings", SETTINGS)
    result = train(loaded, rows, rows[:5], settings, folder=folder, **options)
    return result, weights(loaded)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_stopping_anywhere_changes_nothing(
    dropout: float, make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any
) -> None:
    settings = replace(SETTINGS, dropout=dropout)
    expected, expected_weights = run(make_loaded, rows, tmp_path / "whole", settings=settings)
    whole = checkpoint.latest(tmp_path / "whole")
    for stop_after in (0, 1, 4, 9, 16, 23):
        folder = tmp_path / str(stop_after)
        with pytest.raises(Interrupted, match="saved in"):
            run(make_loaded, rows, folder, settings=settings, progress=recorder(stop_after))
        with pytest.raises(Interrupted):  # and once more, four questions later
            run(
                make_loaded, rows, folder,
                settings=settings, progress=recorder(4), resume=True,
            )  # fmt: skip
        found, found_weights = run(make_loaded, rows, folder, settings=settings, resume=True)
        assert found.losses == expected.losses
        assert found.validation_losses == expected.validation_losses
        assert found.best_step == expected.best_step
        assert all(torch.equal(a, b) for a, b in zip(found_weights, expected_weights, strict=True))
        last = checkpoint.latest(folder)
        assert whole is not None and last is not None
        for name, tensor in whole.tensors.items():
            assert torch.equal(last.tensors[name], tensor), name


def test_a_changed_run_is_refused_and_told_apart(
    make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any
) -> None:
    with pytest.raises(Interrupted):
        run(make_loaded, rows, tmp_path, progress=recorder(12))
    changed = replace(SETTINGS, learning_rate=1e-3)
    with pytest.raises(TrainingError, match=r"train.learning_rate: 0.01 then, 0.001 now"):
        run(make_loaded, rows, tmp_path, settings=changed, resume=True)
    with pytest.raises(TrainingError, match="train rows"):
        run(make_loaded, rows[:-1], tmp_path, resume=True)
    result, _ = run(make_loaded, rows, tmp_path, settings=changed, resume=True, accept_changes=True)
    assert any("resumed with changes: train.learning_rate" in line for line in result.journal)


def one_checkpoint(make_loaded: Any, rows: Rows, folder: Path) -> list[Path]:
    run(make_loaded, rows, folder)
    return sorted(folder.iterdir())


def test_two_checkpoints_are_kept(make_loaded: Any, rows: Rows, tmp_path: Path) -> None:
    places = one_checkpoint(make_loaded, rows, tmp_path)
    assert [p.name for p in places] == ["step-00000008", "step-00000010"]
    assert {p.name for p in places[0].iterdir()} == {
        "state.json", "tensors.safetensors", "manifest.json"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["state.json", "tensors.safetensors", "manifest.json"])
@pytest.mark.parametrize("fault", ["flip", "cut", "missing"])
def test_a_damaged_checkpoint_is_passed_over_with_a_notice(
    name: str, fault: str, make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    before, last = one_checkpoint(make_loaded, rows, tmp_path)
    content = bytearray((last / name).read_bytes())
    if fault == "missing":
        (last / name).unlink()
    else:
        content[len(content) // 2] ^= 1
        (last / name).write_bytes(content if fault == "flip" else content[: len(content) // 2])
    found = checkpoint.latest(tmp_path)
    assert found is not None and found.path == before
    assert len(found.notices) == 1 and str(last) in found.notices[0]
    shutil.rmtree(before)
    with pytest.raises(TrainingError, match="no checkpoint is whole"):
        checkpoint.latest(tmp_path)


def test_a_disk_that_is_full_leaves_the_last_checkpoint_whole(
    make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = one_checkpoint(make_loaded, rows, tmp_path)
    state = json.loads((places[-1] / "state.json").read_text())

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_sync", full)
    with pytest.raises(TrainingError, match=r"it needs .* bytes, .* are free"):
        checkpoint.write(tmp_path, 99, state, {"values": torch.zeros(4)})
    assert sorted(tmp_path.iterdir()) == places
    found = checkpoint.latest(tmp_path)
    assert found is not None and found.path == places[-1] and not found.notices


def test_a_half_written_checkpoint_is_no_checkpoint(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    places = one_checkpoint(make_loaded, rows, tmp_path)
    half = tmp_path / ".building-00000099"
    half.mkdir()
    (half / "tensors.safetensors").write_bytes(b"half")
    found = checkpoint.latest(tmp_path)
    assert found is not None and found.path == places[-1]


def test_a_checkpoint_of_a_newer_format_is_refused(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    last = one_checkpoint(make_loaded, rows, tmp_path)[-1]
    state = json.loads((last / "state.json").read_text())
    tensors: dict[str, torch.Tensor] = load_file(last / "tensors.safetensors")
    shutil.rmtree(tmp_path)
    checkpoint.write(tmp_path, 1, {**state, "format": 99}, tensors)
    with pytest.raises(TrainingError, match="is not of format"):
        checkpoint.latest(tmp_path)
