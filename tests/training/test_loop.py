"""The whole loop: it learns what a plain loop learns, checks itself, applies what is finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from whet.errors import DataError, TrainingError
from whet.models.lora import add_lora, lora_modules
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import loop, step
from whet.training.evaluation import token_losses
from whet.training.loop import train
from whet.training.sampler import Sampler
from whet.training.schedule import learning_rate
from whet.training.settings import TrainSettings

Rows = list[RenderedExample]
SMALL = TrainSettings(epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32")


def reference_curve(model: Any, rows: Rows, settings: TrainSettings) -> list[float]:
    """Losses of a plain loop: one example at a time, autograd, torch's AdamW and clipping."""
    add_lora(model, rank=settings.rank, alpha=settings.alpha, seed=settings.seed)
    trained = [p for m in lora_modules(model).values() for p in (m.lora_A, m.lora_B)]
    optimizer = torch.optim.AdamW(trained, weight_decay=settings.weight_decay)
    sampler = Sampler([r.id for r in rows], settings.batch_size, settings.epochs, settings.seed)
    losses = []
    for number in range(sampler.num_steps):
        chosen = [rows[i].sequences[0] for i in sampler.examples(number)]
        total = sum(s.num_loss_tokens for s in chosen)
        loss = torch.zeros(())
        for sequence in chosen:
            ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
            learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
            logits = model(input_ids=ids, use_cache=False).logits[0, learnt - 1]
            loss = loss + torch.nn.functional.cross_entropy(logits, ids[0, learnt], reduction="sum")
        optimizer.zero_grad()
        (loss / total).backward()
        torch.nn.utils.clip_grad_norm_(trained, settings.clip_norm)
        optimizer.param_groups[0]["lr"] = learning_rate(number, sampler.num_steps, settings)
        optimizer.step()
        losses.append(float((loss / total).detach()))
    return losses


@pytest.mark.parametrize("family", ["llama", "gemma3"])
def test_thirty_steps_follow_a_plain_loop_of_torch(
    family: str, make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    settings = TrainSettings(epochs=6, batch_size=4, learning_rate=3e-3, rank=4, dtype="float32")
    expected = reference_curve(make_loaded(family).model, rows, settings)
    result = train(make_loaded(family), rows, [], settings, folder=tmp_path)
    assert len(expected) == 30
    assert result.losses == pytest.approx(expected, rel=1e-4)
    assert result.losses[-1] < result.losses[0] - 0.2


def test_full_training_lowers_the_loss(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    settings = TrainSettings(method="full", epochs=2, batch_size=4, learning_rate=1e-3)
    loaded = make_loaded()
    result = train(loaded, rows, rows[:4], settings, folder=tmp_path)
    assert result.num_trainable == result.num_total
    assert result.validation_losses[-1][1] < result.validation_losses[0][1] - 0.5
    assert token_losses(loaded.model, rows[:4]).mean == pytest.approx(
        result.best_validation_loss or 0.0, rel=1e-5
    )


def test_a_run_counts_its_tokens_and_logs_every_step(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path, recorder: Any
) -> None:
    metrics: list[dict[str, Any]] = []
    progress = recorder()
    result = train(
        make_loaded(), rows, rows[:3], SMALL, folder=tmp_path, log=metrics.append, progress=progress
    )
    assert result.steps == 10 and result.examples == 40
    assert result.loss_tokens == 2 * sum(r.num_loss_tokens for r in rows)
    assert result.logical_tokens == 2 * sum(r.num_tokens for r in rows)
    train_lines = [m for m in metrics if "train/loss" in m]
    assert [m["step"] for m in train_lines] == list(range(1, 11))
    assert {"train/learning_rate", "train/grad_norm", "train/tokens_per_s"} <= set(train_lines[0])
    assert [m["step"] for m in metrics if "validation/loss" in m] == [0, 2, 3, 5, 7, 8, 10]
    assert progress.last == ("train", 10, 10)
    assert "of 15" in progress.said[0] or "weights" in progress.said[0]


def test_a_run_verifies_itself_and_is_the_same_without(
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    progress = recorder()
    with_check = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "a", progress=progress)
    said = [line for line in progress.said if line.startswith("verified against transformers")]
    assert len(said) == 1 and with_check.verify_seconds > 0
    monkeypatch.setattr(loop, "_introduce", lambda run, progress: 0.0)
    without = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "b")
    assert without.losses == with_check.losses


def break_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "whet.rows.segments.Batch.mask",
        lambda self, window, dtype: torch.zeros(self.length, self.length),
    )


def test_a_broken_engine_is_not_used_and_that_is_said(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path, recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    break_masks(monkeypatch)
    told = recorder()
    result = train(make_loaded(), rows, [], SMALL, folder=tmp_path, progress=told)
    assert any("computes a row otherwise" in line and "slower" in line for line in told.said)
    monkeypatch.undo()
    whole = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "whole")
    assert result.losses == pytest.approx(whole.losses, rel=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_broken_engine_that_the_probe_misses_is_found_at_the_first_step(
    dtype: Any,
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_masks(monkeypatch)
    monkeypatch.setattr("whet.training.path._reason", lambda model: None)
    with pytest.raises(TrainingError, match="the self check failed"):
        train(make_loaded(), rows, [], replace(SMALL, dtype=dtype), folder=tmp_path)


def test_a_model_that_knows_its_rows_by_heart_passes_the_self_check(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    loaded, tokens = make_loaded(), rows[0].sequences[0].tokens[:20].copy()
    with torch.no_grad():
        logits = loaded.model(torch.from_numpy(tokens.astype(np.int64))[None]).logits[0, :-1]
        gaps = logits.topk(2).values.diff().neg().flatten()
        loaded.model.model.norm.weight.mul_(11 / gaps.max())  # it is sure of what it says
    surest = int(gaps.argmax())
    tokens[surest + 1] = int(logits[surest].argmax())
    tokens = tokens[: surest + 2]
    row = replace(rows[0], sequences=(TokenSequence(tokens, np.arange(len(tokens)) > surest),))
    found = train(loaded, [row], [], replace(SMALL, epochs=1), folder=tmp_path)
    assert 0 < found.losses[0] < 1e-4, "float32 knows two or three digits of such a loss"


def test_a_loss_that_is_not_finite_is_never_applied(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = rows[7].sequences[0].tokens
    honest = step.row_loss

    def row_loss(model: Any, row: Any) -> Any:
        total, losses = honest(model, row)
        bad = (row.tokens[0, :, None] == torch.as_tensor(poisoned)[None, :3]).any()
        hit = bool(bad) and bool(torch.isin(torch.as_tensor(poisoned), row.tokens[0]).all())
        return (total * math.nan, losses * math.nan) if hit else (total, losses)

    monkeypatch.setattr(step, "row_loss", row_loss)
    settings = TrainSettings(
        epochs=1, batch_size=2, rank=4, dtype="float32", tokens_per_micro_batch=1
    )
    loaded = make_loaded()
    result = train(loaded, rows, [], settings, folder=tmp_path)
    skipped = [i for i, loss in enumerate(result.losses) if math.isnan(loss)]
    assert len(skipped) == 1
    assert any("file:8" in line for line in result.journal)
    assert any("not finite" in line and "file:8" in line for line in result.diagnosis)
    for module in lora_modules(loaded.model).values():
        assert bool(torch.isfinite(module.lora_B).all())


def test_three_steps_in_a_row_that_are_not_finite_end_the_run(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = step.row_loss
    monkeypatch.setattr(step, "row_loss", lambda m, r: tuple(x * math.nan for x in honest(m, r)))
    monkeypatch.setattr(loop, "_introduce", lambda run, progress: 0.0)
    with pytest.raises(TrainingError, match=r"step 3: .* 3 times in a row; last rows file:"):
        train(make_loaded(), rows, [], SMALL, folder=tmp_path)


def test_running_out_of_memory_halves_the_micro_batch_and_keeps_the_step(
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recorder: Any,
) -> None:
    expected = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "a")
    honest = step.row_loss

    def row_loss(model: Any, row: Any) -> Any:
        if row.tokens.shape[1] > 64:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return honest(model, row)

    monkeypatch.setattr(step, "row_loss", row_loss)
    progress = recorder()
    found = train(make_loaded(), rows, [], SMALL, folder=tmp_path / "b", progress=progress)
    assert found.losses == pytest.approx(expected.losses, rel=1e-4)
    assert any("out of memory: micro-batches of" in line for line in progress.said)
    assert found.journal and not expected.journal


def test_early_stopping_keeps_the_best_weights(
    make_loaded: Callable[..., Any],
    rows: Rows,
    tmp_path: Path,
    make_sequence: Callable[..., TokenSequence],
    as_examples: Callable[..., Rows],
) -> None:
    rng = np.random.default_rng(77)
    other = as_examples([make_sequence(rng, 30, 10) for _ in range(6)])
    settings = TrainSettings(
        epochs=30, batch_size=4, learning_rate=2e-2, rank=8, patience=2, dtype="float32"
    )
    loaded = make_loaded()
    result = train(loaded, rows, other, settings, folder=tmp_path)
    assert result.stopped_early and result.steps < 150
    best = min(loss for step, loss in result.validation_losses if step)
    assert result.best_validation_loss == best
    assert token_losses(loaded.model, other).mean == pytest.approx(best, rel=1e-5)
    assert result.diagnosis


def test_rows_beyond_the_limit_are_refused_all_together(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    settings = TrainSettings(max_length=30)
    too_long = sum(row.longest > 30 for row in rows)
    with pytest.raises(DataError, match="the limit is 30") as caught:
        train(make_loaded(), rows, [], settings, folder=tmp_path)
    assert len(caught.value.faults) == too_long > 1


def test_float16_on_a_cpu_is_refused(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="use auto"):
        train(make_loaded(), rows, [], TrainSettings(dtype="float16"), folder=tmp_path)


def test_bfloat16_trains_with_float32_masters(
    make_loaded: Callable[..., Any], rows: Rows, tmp_path: Path
) -> None:
    for method in ("lora", "full"):
        settings = TrainSettings(
            method=method, epochs=2, batch_size=4, learning_rate=3e-3, rank=4, dtype="bfloat16"
        )
        loaded = make_loaded()
        result = train(loaded, rows, [], settings, folder=tmp_path / method)
        assert loaded.model.dtype == torch.bfloat16 and result.dtype == "bfloat16"
        assert result.losses[-1] < result.losses[0]
