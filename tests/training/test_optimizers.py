"""State in 8 bits and gradients in float16: what they save, what they cost, and how they resume."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from whet.errors import Interrupted, TrainingError
from whet.models import eight_bit
from whet.models.four_bit_kernel import import_bitsandbytes
from whet.models.lora import lora_modules
from whet.models.lora_layer import TRAINED
from whet.rows.sequence import RenderedExample
from whet.training import checkpoint, loss_scale, prepare
from whet.training.choices import Choices
from whet.training.loop import train
from whet.training.optimizer import AdamW, FlatParameters
from whet.training.optimizer_8bit import AdamW8bit
from whet.training.settings import TrainSettings

Rows = list[RenderedExample]
SETTINGS = TrainSettings(
    epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32", tokens_per_micro_batch=60
)


def weights(loaded: Any) -> list[torch.Tensor]:
    return [
        getattr(module, leaf).detach().clone()
        for module in lora_modules(loaded.model).values()
        for leaf in TRAINED
        if getattr(module, leaf) is not None
    ]


def optimized(kind: Any, num: int, steps: int = 100) -> tuple[torch.Tensor, Any]:
    """A parameter after steps down a noisy bowl whose directions differ a hundredfold."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(num // 8, 8, generator=generator)
    curvature = 10 ** (-2 * torch.rand(num // 8, 8, generator=generator))
    parameter = torch.nn.Parameter(torch.zeros(num // 8, 8))
    ours = kind in (AdamW, AdamW8bit)
    flat = FlatParameters([("w", parameter)])
    optimizer = kind(flat, 0.01) if ours else kind([parameter], lr=1e-2, min_8bit_size=0)
    for _ in range(steps):
        noise = 0.1 * torch.randn(num // 8, 8, generator=generator)
        flat.grads.copy_((curvature * (parameter.detach() - target + noise)).flatten())
        optimizer.step(*([1e-2] if ours else []))
    return parameter.detach().flatten().clone(), optimizer


def test_eight_bits_keep_to_the_path_of_thirty_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As near as bitsandbytes' optimizer does."""
    expected, _ = optimized(AdamW, 2000)
    found, _ = optimized(AdamW8bit, 2000)
    theirs, _ = optimized(import_bitsandbytes().optim.AdamW8bit, 2000)
    far, their_far = (float((x - expected).norm() / expected.norm()) for x in (found, theirs))
    assert far < 0.06
    assert far < their_far
    monkeypatch.setattr("whet.training.optimizer_8bit.PIECE", 256)
    assert torch.equal(optimized(AdamW8bit, 2000)[0], found)


def test_the_state_is_a_quarter() -> None:
    sizes = [
        sum(tensor.nbytes for tensor in optimized(kind, 2**14, steps=1)[1].state().values())
        for kind in (AdamW, AdamW8bit)
    ]
    assert sizes[1] / sizes[0] == pytest.approx(0.25, abs=0.005)


def test_the_state_begins_in_eight_bits_too() -> None:
    """It was made from zeros in float32, with four times its memory for a moment."""

    class Largest(TorchDispatchMode):
        num_bytes = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            found = func(*args, **(kwargs or {}))
            if isinstance(found, torch.Tensor):
                self.num_bytes = max(self.num_bytes, found.nbytes)
            return found

    num = 10**6 + 1
    flat = FlatParameters([("w", torch.nn.Parameter(torch.zeros(1, num)))])
    with Largest() as seen:
        optimizer = AdamW8bit(flat, 0.0)
    assert seen.num_bytes <= num
    for held, signed in ((optimizer.mean, True), (optimizer.root, False)):
        for found, expected in zip(
            held, eight_bit.write(torch.zeros(num), signed=signed), strict=True
        ):
            assert torch.equal(found, expected)


def test_a_gradient_that_stops_does_not_throw_the_weight_away() -> None:
    """With the square itself in 8 bits it falls to zero before the mean does, and divides it."""
    parameter = torch.nn.Parameter(torch.zeros(1, 256))
    flat = FlatParameters([("w", parameter)])
    optimizer = AdamW8bit(flat, 0.0)
    flat.grads.copy_(torch.logspace(-6, 0, 256))
    for _ in range(5):
        optimizer.step(1e-2)
        flat.grads.zero_()
    assert float(flat.values.abs().max()) < 0.1


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_in_eight_bits_learns_as_one_in_thirty_two(
    method: Any, make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    rate = 1e-2 if method == "lora" else 1e-3
    settings = replace(SETTINGS, method=method, learning_rate=rate, epochs=4)
    losses = {}
    for optimizer in ("adamw", "adamw_8bit"):
        chosen = replace(settings, optimizer=optimizer)
        losses[optimizer] = train(
            make_loaded(), rows, [], chosen, folder=tmp_path / optimizer
        ).losses
    assert losses["adamw"][0] == losses["adamw_8bit"][0]
    assert losses["adamw_8bit"][-1] < 0.9 * losses["adamw_8bit"][0]
    assert losses["adamw_8bit"] == pytest.approx(losses["adamw"], rel=0.02)


def resumed_and_whole(make: Any, rows: Rows, settings: Any, folder: Path, recorder: Any) -> Any:
    """Results and weights of a run that was stopped twice, and of one that never was."""
    whole = make()
    expected = train(whole, rows, rows[:5], settings, folder=folder / "whole")
    for stop_after in (9, 6):
        with pytest.raises(Interrupted):
            train(
                make(), rows, rows[:5], settings, folder=folder / "cut",
                progress=recorder(stop_after), resume=True,
            )  # fmt: skip
    cut = make()
    found = train(cut, rows, rows[:5], settings, folder=folder / "cut", resume=True)
    return found, weights(cut), expected, weights(whole)


@pytest.mark.parametrize("dora", [False, True])
def test_a_stopped_run_in_eight_bits_goes_on_bit_by_bit(
    dora: bool, make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any
) -> None:
    settings = replace(SETTINGS, optimizer="adamw_8bit", dora=dora)
    found, found_weights, expected, expected_weights = resumed_and_whole(
        make_loaded, rows, settings, tmp_path, recorder
    )
    assert found.losses == expected.losses
    assert all(torch.equal(a, b) for a, b in zip(found_weights, expected_weights, strict=True))
    last = checkpoint.latest(tmp_path / "cut")
    assert last is not None
    assert {n: t.dtype for n, t in last.tensors.items()}["root"] == torch.uint8


@pytest.fixture
def float16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a run compute in float16 here, which no setting does on a CPU."""
    choices = Choices("float16", 60, 1, "cpu", "a test")
    monkeypatch.setattr(prepare, "choose", lambda *_: choices)


def test_float16_learns_with_float32_masters(
    float16: None, make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_scale, "FIRST", 2.0**12)
    loaded = make_loaded()
    result = train(loaded, rows, [], replace(SETTINGS, dtype="auto"), folder=tmp_path / "half")
    exact = train(make_loaded(), rows, [], SETTINGS, folder=tmp_path / "whole")
    assert loaded.model.dtype == torch.float16
    assert {tensor.dtype for tensor in weights(loaded)} == {torch.float32}
    assert result.losses == pytest.approx(exact.losses, rel=0.02)
    assert not result.journal


def test_an_overflow_skips_the_step_and_halves_the_scale(
    float16: None, make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_scale, "FIRST", 2.0**18)
    seen = []
    updated = AdamW.step

    def step(self: AdamW, rate: float) -> None:
        seen.append(rate)
        updated(self, rate)

    monkeypatch.setattr(AdamW, "step", step)
    settings = replace(SETTINGS, dtype="auto", epochs=4)
    result = train(make_loaded(), rows, [], settings, folder=tmp_path)
    skipped = [step for step, loss in enumerate(result.losses) if math.isnan(loss)]
    assert 1 <= len(skipped) < len(result.losses) - 2
    assert skipped == list(range(len(skipped))), "they are at the start, until the scale fits"
    assert len(seen) == len(result.losses) - len(skipped)
    assert result.journal[0] == (
        "step 1: float16 overflow, not applied: loss scale 131072 from here on"
    )
    assert len(result.journal) == len(skipped)
    assert result.losses[-1] < result.losses[len(skipped)]
    assert not any("not finite" in finding for finding in result.diagnosis)


def test_an_overflow_changes_no_weight(
    float16: None, make_loaded: Any, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_scale, "FIRST", 2.0**60)
    settings = replace(SETTINGS, dtype="auto", epochs=0.4)
    loaded = make_loaded()
    result = train(loaded, rows, [], settings, folder=tmp_path)
    assert all(math.isnan(loss) for loss in result.losses)
    assert all(bool((m.lora_B == 0).all()) for m in lora_modules(loaded.model).values())
    state = checkpoint.latest(tmp_path).state  # type: ignore[union-attr]
    assert state["history"]["loss_scale"] == 2.0 ** (60 - len(result.losses))
    assert state["num_updates"] == 0


def test_the_scale_grows_after_good_steps_and_resumes_bit_by_bit(
    float16: None, make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It grows into an overflow, which halves it again; a resumed run counts on as it was."""
    monkeypatch.setattr(loss_scale, "GROWTH_STEPS", 2)
    monkeypatch.setattr(loss_scale, "FIRST", 2.0**14)
    settings = replace(SETTINGS, dtype="auto")
    found, found_weights, expected, expected_weights = resumed_and_whole(
        make_loaded, rows, settings, tmp_path, recorder
    )
    assert str(found.losses) == str(expected.losses)
    assert found.journal == expected.journal
    assert any("overflow" in line for line in found.journal)
    assert all(torch.equal(a, b) for a, b in zip(found_weights, expected_weights, strict=True))
    states = [checkpoint.latest(tmp_path / name) for name in ("cut", "whole")]
    scales = {
        (s.state["history"]["loss_scale"], s.state["history"]["good_at_scale"]) for s in states
    }  # type: ignore[union-attr]
    assert len(scales) == 1


def test_a_loss_that_is_not_finite_is_no_overflow(
    float16: None, make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    loaded = make_loaded()
    loaded.model.model.norm.weight.data.fill_(1e6)  # beyond what float16 holds
    with pytest.raises(TrainingError, match="not finite"):
        train(loaded, rows, [], replace(SETTINGS, dtype="auto"), folder=tmp_path)
