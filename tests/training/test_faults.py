"""Faults that a machine or a row brings: what is not applied, what is said, what stays whole."""

from __future__ import annotations

import math
import shutil
import time
from collections import namedtuple
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

import whet
from whet.cli import main
from whet.errors import Interrupted, TrainingError
from whet.models.lora import lora_modules
from whet.progress import Silent
from whet.rows.sequence import RenderedExample
from whet.rundir import RunDir, read_json
from whet.training import checkpoint, continuity, evaluation, reduction
from whet.training.loop import train
from whet.training.settings import TrainSettings
from whet.training.step import StopAskedError
from whet.training.stopping import stoppable

Rows = list[RenderedExample]
SMALL = TrainSettings(epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32")
OUT_OF_MEMORY = "DefaultCPUAllocator: can't allocate memory"


def weights(loaded: Any) -> list[torch.Tensor]:
    modules = lora_modules(loaded.model).values()
    return [p.detach().clone() for m in modules for p in (m.lora_A, m.lora_B)]


def poison(loaded: Any, backward_passes: set[int]) -> None:
    """One number of one gradient becomes NaN in these backward passes; the loss stays finite."""
    layer, passes = loaded.model.get_decoder().layers[-1].mlp, iter(range(10**6))

    def spoil(grad: torch.Tensor) -> torch.Tensor:
        if next(passes) in backward_passes:
            grad = grad.clone()
            grad[..., 0] = math.nan
        return grad

    def watch(module: Any, arguments: Any, output: torch.Tensor) -> None:
        if output.requires_grad:
            output.register_hook(spoil)

    layer.register_forward_hook(watch)


def test_a_nan_in_one_gradient_changes_neither_weights_nor_optimizer(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    settings = replace(SMALL, schedule="constant", warmup_fraction=0.0)
    loaded = make_loaded()
    poison(loaded, {5, 6})  # the first three are of the run's check of itself
    metrics: list[dict[str, Any]] = []
    result = train(loaded, rows, [], settings, folder=tmp_path / "a", log=metrics.append)
    assert [math.isnan(loss) for loss in result.losses[:5]] == [False, False, True, True, False]
    assert [math.isnan(m["train/loss"]) for m in metrics[:5]] == [False, False, True, True, False]
    assert sum("not finite, not applied; rows file:" in line for line in result.journal) == 2
    found = checkpoint.latest(tmp_path / "a")
    assert found is not None and found.state["num_updates"] == 8
    assert all(bool(tensor.isfinite().all()) for tensor in found.tensors.values())
    assert not any("loss" in line and "nan" in line for line in result.diagnosis)


def test_gradients_that_are_never_finite_end_the_run(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    loaded = make_loaded()
    poison(loaded, set(range(100)))
    with pytest.raises(TrainingError, match="3 times in a row"):
        train(loaded, rows, [], SMALL, folder=tmp_path)


def test_a_validation_loss_that_is_nan_is_never_the_best(
    make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, calls = reduction.joint_validation, iter(range(100))

    def validated(*arguments: Any) -> Any:
        found = honest(*arguments)
        return replace(found, loss=math.nan) if next(calls) in (1, 3) else found

    monkeypatch.setattr("whet.training.loop.joint_validation", validated)
    result = train(make_loaded(), rows, rows[:4], SMALL, folder=tmp_path)
    values = [loss for step, loss in result.validation_losses if step]
    assert sum(math.isnan(value) for value in values) == 2
    assert result.best_validation_loss == min(v for v in values if not math.isnan(v))


def test_memory_that_runs_out_in_validation_changes_nothing_of_training(
    make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: Any
) -> None:
    expected = train(make_loaded(), rows, rows[:6], SMALL, folder=tmp_path / "a")
    honest = evaluation.row_loss

    def row_loss(model: Any, row: Any) -> Any:
        if row.tokens.shape[1] > 64:
            raise RuntimeError(OUT_OF_MEMORY)
        return honest(model, row)

    monkeypatch.setattr(evaluation, "row_loss", row_loss)
    progress = recorder()
    found = train(make_loaded(), rows, rows[:6], SMALL, folder=tmp_path / "b", progress=progress)
    assert found.losses == expected.losses
    assert [v for _, v in found.validation_losses] == pytest.approx(
        [v for _, v in expected.validation_losses], rel=1e-5
    )
    assert any("out of memory in validation: rows of 64 tokens" in line for line in progress.said)


@pytest.mark.parametrize("questions", range(1, 6))
def test_a_stop_is_heard_within_a_micro_batch(questions: int, make_loaded: Any) -> None:
    model, asked = make_loaded().model, iter(range(100))

    def should_stop() -> bool:
        return next(asked) == questions

    with pytest.raises(StopAskedError), stoppable(model, should_stop, every_s=0):
        model(input_ids=torch.arange(5)[None], use_cache=False).logits.sum().backward()
    assert next(asked) == questions + 1, "three layers are asked forwards, then backwards"
    model(input_ids=torch.arange(5)[None], use_cache=False).logits.sum().backward()
    assert next(asked) == questions + 2, "and no more afterwards"


@pytest.mark.parametrize("questions", [2, 9, 40, 77])
def test_a_stop_within_a_micro_batch_changes_no_bit(
    questions: int, make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = make_loaded()
    expected = train(whole, rows, rows[:4], SMALL, folder=tmp_path / "a")
    monkeypatch.setattr(reduction, "stoppable", partial(stoppable, every_s=0))
    with pytest.raises(Interrupted, match="saved in"):
        train(
            make_loaded(), rows, rows[:4], SMALL,
            folder=tmp_path / "b", progress=recorder(questions),
        )  # fmt: skip
    loaded = make_loaded()
    found = train(loaded, rows, rows[:4], SMALL, folder=tmp_path / "b", resume=True)
    assert found.losses == expected.losses
    assert found.validation_losses == expected.validation_losses
    assert all(torch.equal(a, b) for a, b in zip(weights(loaded), weights(whole), strict=True))


def test_a_clock_that_jumps_back_changes_nothing(
    make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train(make_loaded(), rows, rows[:4], SMALL, folder=tmp_path / "a")
    backwards = iter(range(2 * 10**9, 0, -86_400))
    monkeypatch.setattr(time, "time", lambda: float(next(backwards)))
    found = train(make_loaded(), rows, rows[:4], SMALL, folder=tmp_path / "b")
    assert found.losses == expected.losses and found.seconds > 0


def test_too_little_room_is_said_at_the_start(
    make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: Any
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 1000))
    with pytest.raises(TrainingError, match=r"needs [0-9,]+ bytes, 1,000 are free") as told:
        train(make_loaded(), rows, [], SMALL, folder=tmp_path / "not" / "there")
    needed = int(str(told.value).partition("needs ")[2].partition(" ")[0].replace(",", ""))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 2 * needed))
    progress = recorder()
    train(make_loaded(), rows, [], SMALL, folder=tmp_path, progress=progress)
    assert any("so the disk may fill up" in line for line in progress.said)


def test_a_log_that_cannot_be_written_does_not_end_a_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, row: Any) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("whet.stages.training.append_jsonl", full)
    trained = whet.train(project, "train.epochs=0.5")
    assert trained.steps == len(trained.losses) > 0
    warnings = read_json(trained.run / "run.json")["warnings"]
    assert sum("metrics.jsonl: not written" in line for line in warnings) == 1


@pytest.mark.parametrize("number", [28, 30, 13, 5])
def test_a_disk_that_refuses_is_one_message_and_status_2(
    number: int, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(number, "it says so", "runs/001")

    monkeypatch.setattr(RunDir, "create", staticmethod(lambda root, verb: refuse(root)))
    assert main(["train", "--config", str(project / "whet.yaml")]) == 2
    assert (
        "whet: runs/001: it says so. What was written before is whole." in capsys.readouterr().err
    )


def test_a_run_goes_on_with_another_library_only_when_told_to(
    project: Path, monkeypatch: pytest.MonkeyPatch, recorder: Any
) -> None:
    class Stopped(Silent):
        steps = 0

        def advance(self, task: str, done: int, total: int) -> None:
            self.steps = done

        def should_stop(self) -> bool:
            return self.steps >= 2

    class Steps(Stopped):
        def say(self, text: str) -> None:
            self.steps += text.startswith("verified")

    with pytest.raises(Interrupted):
        whet.train(project, progress=Steps())
    run = next(p for p in (project / "runs").iterdir() if p.name == "001")
    honest = continuity.made_of
    monkeypatch.setattr(
        continuity, "made_of", lambda *arguments: {**honest(*arguments), "torch": "9.9"}
    )
    with pytest.raises(TrainingError, match=r"torch: .* then, 9.9 now. .*--accept-changes"):
        whet.train(run)
    whet.train(run, accept_changes=True)
    journal = read_json(run / "training.json")["seeds"][0]["journal"]
    assert any("resumed with changes: torch" in line for line in journal)
