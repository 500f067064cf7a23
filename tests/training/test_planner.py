"""The plan follows from what is free; a run keeps it, corrects it once, and resumes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from whet.errors import Interrupted, TrainingError
from whet.models.lora import add_lora
from whet.rows.attention import row_attention
from whet.rows.packing import pack
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import checkpoint, memory
from whet.training.choices import choose
from whet.training.forward import RowTensors, row_loss
from whet.training.loop import train
from whet.training.memory import PeakMeter, free_bytes
from whet.training.planner import Demand, Seen, bytes_per_token, planned, planned_again
from whet.training.recompute import Recompute, levels, recomputed
from whet.training.settings import TrainSettings
from whet.training.step import step_gradient

Rows = list[RenderedExample]
SMALL = TrainSettings(epochs=1, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32")
HEAD = 2**27


def room(model: Any, tokens: int, level: Recompute) -> int:
    """Free bytes in which just so many tokens fit at a level."""
    return int((HEAD + tokens * bytes_per_token(model.config, 4, level) + 1) / 0.6) + 2


def test_with_much_memory_nothing_is_recomputed(make_model: Callable[..., Any]) -> None:
    plan = planned(make_model("llama"), 4, Demand(free_bytes=2**40))
    assert (plan.tokens_per_micro_batch, plan.recompute) == (1024, "none")
    assert "GB free" in plan.reason and "must fit" in plan.reason


def test_less_memory_means_fewer_tokens_then_more_recomputation(
    make_model: Callable[..., Any],
) -> None:
    model = make_model("llama")
    found = []
    for tokens, level in [(700, "none"), (300, "none"), (260, "mlp"), (260, "full"), (90, "full")]:
        plan = planned(model, 4, Demand(room(model, tokens, level)))  # type: ignore[arg-type]
        found.append((plan.tokens_per_micro_batch, plan.recompute))
    assert found == [(512, "none"), (256, "none"), (256, "mlp"), (256, "full"), (64, "full")]


def test_the_longest_row_must_fit(make_model: Callable[..., Any]) -> None:
    model = make_model("llama")
    demand = Demand(room(model, 700, "none"), longest=800)
    assert planned(model, 4, demand).recompute != "none"


def test_what_is_set_is_kept(make_model: Callable[..., Any]) -> None:
    model = make_model("llama")
    plan = planned(model, 4, Demand(0, tokens=777, recompute="mlp"))
    assert (plan.tokens_per_micro_batch, plan.recompute) == (777, "mlp")
    settings = replace(SMALL, tokens_per_micro_batch=99, recompute="full")
    choices = choose(model, settings)
    assert (choices.tokens_per_micro_batch, choices.recompute) == (99, "full")
    with pytest.raises(TrainingError, match="no GPU here"):
        choose(model, replace(SMALL, recompute="offload"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_formula_is_near_what_is_kept(
    family: str, dtype: torch.dtype, make_model: Callable[..., Any]
) -> None:
    model = make_model(family, dtype=dtype)
    add_lora(model, rank=1)
    rng = np.random.default_rng(0)
    lines = [rng.integers(1, 97, 128).tolist() for _ in range(4)]
    sequences = [TokenSequence.of(line, [i == 127 for i in range(128)]) for line in lines]
    (row,) = pack(sequences, 999)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    in_passing = bytes_per_token(model.config, dtype.itemsize, "none") / 2.5 * 1.0
    for level in levels(model):
        kept: dict[int, int] = {}

        def keep(tensor: torch.Tensor, kept: dict[int, int] = kept) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in weights:
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with (
            row_attention(model),
            recomputed(model, level),
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        ):
            hold = row_loss(model, RowTensors.of(row))
        del hold
        estimate = bytes_per_token(model.config, dtype.itemsize, level)
        measured = sum(kept.values()) / row.num_tokens
        assert measured < 1.4 * estimate, level
        assert measured + 1.5 * in_passing > 0.5 * estimate, level


def test_a_measured_step_corrects_the_plan(make_model: Callable[..., Any]) -> None:
    model = make_model("llama")
    demand = Demand(room(model, 600, "none"))
    estimate = int(512 * bytes_per_token(model.config, 4, "none"))
    little = Seen(512, 2**20, demand.free_bytes)
    assert planned_again(model, 4, demand, "none", little) is None
    tokens = 2**28 // estimate * 512  # what would take 256 MB
    as_planned = Seen(tokens, HEAD + tokens // 512 * estimate, demand.free_bytes)
    same = planned_again(model, 4, demand, "none", as_planned)
    assert same is not None and (same.tokens_per_micro_batch, same.recompute) == (512, "none")
    thrice = replace(as_planned, num_bytes=HEAD + 3 * tokens // 512 * estimate)
    found = planned_again(model, 4, demand, "none", thrice)
    assert found is not None and found.recompute != "none" and "measured 3.00" in found.reason


class Meter(PeakMeter):
    """One that has seen the first step take a hundred gigabytes of the gigabyte that was free."""

    def __init__(self, device: torch.device) -> None:
        self.free_bytes = 2**30

    def growth_bytes(self) -> int | None:
        return 10**11


def test_a_run_corrects_itself_after_its_first_step_and_resumes_with_that(
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_planned = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "planned")
    assert as_planned.choices["recompute"] == "none" and not as_planned.journal
    monkeypatch.setattr("whet.training.loop.PeakMeter", Meter)
    whole = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "whole")
    assert whole.choices["recompute"] == "full"
    assert whole.choices["tokens_per_micro_batch"] == 64
    assert "measured" in whole.choices["memory_reason"]
    assert len(whole.journal) == 1 and "the first step took 100.00 GB" in whole.journal[0]
    assert whole.losses == pytest.approx(as_planned.losses, rel=1e-4)

    folder = tmp_path / "stopped"
    with pytest.raises(Interrupted):
        train(make_loaded(), rows, [], SMALL, folder=folder, progress=recorder(6))
    monkeypatch.undo()
    again = train(make_loaded(), rows, [], SMALL, folder=folder, resume=True)
    assert again.losses == whole.losses
    assert again.choices == whole.choices and again.journal == whole.journal


def test_a_run_resumes_with_what_memory_forced_on_it(
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Choices stay what was chosen; the state says what is used since."""

    def forced(*arguments: Any, **options: Any) -> Any:
        return step_gradient(*arguments, **{**options, "recompute": "mlp"})

    monkeypatch.setattr("whet.training.reduction.step_gradient", forced)
    progress = recorder(2)
    with pytest.raises(Interrupted):
        train(make_loaded(), rows, [], SMALL, folder=tmp_path, progress=progress)
    assert any("recompute mlp from here on; the steps" in line for line in progress.said)
    found = checkpoint.latest(tmp_path)
    assert found is not None and found.state["recompute"] == "mlp"
    assert found.state["choices"]["recompute"] == "none"
    monkeypatch.undo()
    seen = []

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.append(options["recompute"])
        return step_gradient(*arguments, **options)

    monkeypatch.setattr("whet.training.reduction.step_gradient", watched)
    train(make_loaded(), rows, [], SMALL, folder=tmp_path, resume=True)
    assert seen and set(seen) == {"mlp"}


@pytest.mark.parametrize("level", ["mlp", "full"])
def test_a_run_with_recomputation_is_the_same_run(
    level: Recompute, make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    expected = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "none")
    settings = replace(SMALL, recompute=level)
    found = train(make_loaded(), rows, [], settings, folder=tmp_path / level)
    assert found.losses == expected.losses


def test_free_memory_is_that_of_the_tightest_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu = torch.device("cpu")
    assert free_bytes(cpu) > 2**20
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert free_bytes(cpu) == 3000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes(cpu) > 2**20


def test_the_meter_sees_a_new_peak_and_nothing_below_an_old_one() -> None:
    cpu = torch.device("cpu")
    meter = PeakMeter(cpu)
    block = torch.ones(2**26)
    growth = meter.growth_bytes()
    assert growth is None or growth > 2**20
    del block
    again = PeakMeter(cpu)
    assert again.growth_bytes() is None
