"""Whole runs of each objective: curves, resuming, the self check, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from whet.errors import DataError, Interrupted, TrainingError
from whet.models.lora import add_lora, lora_modules
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import checkpoint
from whet.training.loop import train
from whet.training.objectives import reference
from whet.training.sampler import Sampler
from whet.training.schedule import learning_rate
from whet.training.settings import TrainSettings

Rows = list[RenderedExample]
RowsFor = Callable[[str], Rows]
SMALL = TrainSettings(
    epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32", tokens_per_micro_batch=120
)
OBJECTIVES = ("dpo", "orpo", "kto", "distil")


def of(objective: str, **values: Any) -> TrainSettings:
    return replace(SMALL, objective=objective, **values)


def options(objective: str, make_loaded: Any) -> dict[str, Any]:
    return {"teacher": make_loaded("llama", seed=7)} if objective == "distil" else {}


def weights(loaded: Any) -> torch.Tensor:
    modules = lora_modules(loaded.model).values()
    return torch.cat([p.detach().flatten() for m in modules for p in (m.lora_A, m.lora_B)])


def log_prob(model: Any, sequence: TokenSequence) -> torch.Tensor:
    ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
    learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
    logits = model(input_ids=ids, use_cache=False).logits[0, learnt - 1].float()
    return torch.log_softmax(logits, -1).gather(1, ids[0, learnt][:, None]).double().sum()


def reference_curve(make_model: Any, rows: Rows, settings: TrainSettings) -> list[float]:
    """DPO by a plain loop: a base model beside it, one answer at a time, torch's AdamW."""
    base, model = make_model(), make_model()
    add_lora(model, rank=settings.rank, alpha=settings.alpha, seed=settings.seed)
    trained = [p for m in lora_modules(model).values() for p in (m.lora_A, m.lora_B)]
    optimizer = torch.optim.AdamW(trained, weight_decay=settings.weight_decay)
    sampler = Sampler([r.id for r in rows], settings.batch_size, settings.epochs, settings.seed)
    with torch.no_grad():
        before = [[log_prob(base, s) for s in row.sequences] for row in rows]
    losses = []
    for number in range(sampler.num_steps):
        total = torch.zeros(())
        chosen = sampler.examples(number)
        for i in chosen:
            sides = zip(rows[i].sequences, before[i], strict=True)
            good, bad = (log_prob(model, s) - b for s, b in sides)
            total = total - F.logsigmoid(settings.beta * (good - bad)) / len(chosen)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(trained, settings.clip_norm)
        optimizer.param_groups[0]["lr"] = learning_rate(number, sampler.num_steps, settings)
        optimizer.step()
        losses.append(float(total.detach()))
    return losses


@pytest.mark.parametrize("family", ["llama", pytest.param("gemma3", marks=pytest.mark.slow)])
def test_thirty_steps_of_dpo_follow_a_plain_loop_of_torch(
    family: str, make_loaded: Any, pairs: Rows, tmp_path: Path
) -> None:
    settings = of("dpo", epochs=10, learning_rate=3e-3)
    expected = reference_curve(lambda: make_loaded(family).model, pairs, settings)
    result = train(make_loaded(family), pairs, [], settings, folder=tmp_path)
    assert len(expected) == 30
    assert result.losses == pytest.approx(expected, rel=1e-4)
    assert result.losses[0] == pytest.approx(np.log(2), rel=1e-5)
    assert result.losses[-1] < 0.5 * result.losses[0]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_run_lowers_its_objective_on_validation_and_checks_itself(
    objective: str, make_loaded: Any, rows_for: RowsFor, tmp_path: Path, recorder: Any
) -> None:
    metrics: list[dict[str, Any]] = []
    progress, rows = recorder(), rows_for(objective)
    result = train(
        make_loaded(), rows, rows[:5], of(objective, epochs=4),
        folder=tmp_path, log=metrics.append, progress=progress, **options(objective, make_loaded),
    )  # fmt: skip
    assert any(line.startswith("verified against transformers") for line in progress.said)
    (_, first), *_ = result.validation_losses
    assert result.best_validation_loss is not None and result.best_validation_loss < first
    steps = [m for m in metrics if "train/loss" in m]
    measured = [m for m in metrics if "validation/loss" in m]
    assert len(steps) == result.steps == 4 * -(-len(rows) // 4)
    for place, lines in (("train", steps), ("validation", measured)):
        names = {f"{place}/reward_margin", f"{place}/reward_accuracy"}
        assert all((names <= set(line)) is (objective != "distil") for line in lines)
    if objective == "dpo":
        assert steps[-1]["train/reward_margin"] > 0.5 > abs(steps[0]["train/reward_margin"])
        assert measured[-1]["validation/reward_accuracy"] > 0.7


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_stopping_anywhere_changes_nothing_and_the_reference_is_found_once(
    objective: str,
    make_loaded: Any,
    rows_for: RowsFor,
    tmp_path: Path,
    recorder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(folder: Path, **more: Any) -> tuple[Any, torch.Tensor]:
        loaded, rows = make_loaded(), rows_for(objective)
        more |= options(objective, make_loaded)
        result = train(loaded, rows, rows[:4], of(objective), folder=folder, **more)
        return result, weights(loaded)

    expected, expected_weights = run(tmp_path / "whole")
    for stop_after in (5, 10, 15):
        folder = tmp_path / str(stop_after)
        with pytest.raises(Interrupted):
            run(folder, progress=recorder(stop_after))
        stopped = checkpoint.latest(folder)
        if stopped is None:  # asked before the first step: nothing is kept
            continue
        with monkeypatch.context() as patch:
            patch.setattr(reference, "sequence_losses", None)
            found, found_weights = run(folder, resume=True)
        assert found.losses == expected.losses
        assert found.validation_losses == expected.validation_losses
        assert torch.equal(found_weights, expected_weights)
    assert checkpoint.latest(tmp_path / "15") is not None


def test_full_training_keeps_the_reference_of_the_base(
    make_loaded: Any, pairs: Rows, tmp_path: Path
) -> None:
    settings = of("dpo", method="full", learning_rate=1e-3, epochs=3)
    loaded = make_loaded()
    base = [float(log_prob(loaded.model, s).detach()) for p in pairs for s in p.sequences]
    result = train(loaded, pairs, pairs[:4], settings, folder=tmp_path)
    kept = checkpoint.latest(tmp_path)
    assert kept is not None
    assert kept.tensors["reference"][: len(base)].tolist() == pytest.approx(base, rel=1e-5)
    assert result.losses[-1] < 0.5 < 0.69 < result.losses[0]


def test_rows_of_another_kind_are_refused_with_the_choices(
    make_loaded: Any, rows_for: RowsFor, tmp_path: Path
) -> None:
    names = {"sft": "answers to imitate", "dpo": "preference pairs", "kto": "good or bad"}
    for objective in names:
        for kind in names.keys() - {objective}:
            with pytest.raises(DataError) as caught:
                train(make_loaded(), rows_for(kind), [], of(objective), folder=tmp_path)
            said = str(caught.value)
            assert f"train.objective: {objective} learns from" in said
            assert names[objective] in said and names[kind] in said and kind in said
    with pytest.raises(DataError, match="1 of 13 rows are not"):
        mixed = [*rows_for("dpo"), *rows_for("sft")[:1]]
        train(make_loaded(), mixed, [], of("dpo"), folder=tmp_path)


def test_a_teacher_has_to_be_there_where_it_is_asked_for_only(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"distil needs train\.teacher"):
        train(make_loaded(), rows, [], of("distil"), folder=tmp_path)
    with pytest.raises(TrainingError, match="objective sft, a teacher"):
        train(make_loaded(), rows, [], of("sft"), folder=tmp_path, teacher=make_loaded())


class Words:
    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens

    def get_vocab(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}


def test_a_teacher_with_another_tokenizer_is_refused(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    student, teacher = make_loaded(), make_loaded(seed=3)
    student.tokenizer, teacher.tokenizer = Words("a", "b", "c"), Words("a", "c", "b")
    with pytest.raises(TrainingError, match=r"another tokenizer.*'b' is token 2 there and 1 here"):
        train(student, rows, [], of("distil"), folder=tmp_path, teacher=teacher)


def test_a_teacher_may_have_more_rows_of_padding(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    teacher = make_loaded(seed=3)
    teacher.model.resize_token_embeddings(104)
    result = train(make_loaded(), rows, [], of("distil"), folder=tmp_path, teacher=teacher)
    assert result.losses[-1] < result.losses[0]


def test_a_teacher_that_is_the_student_passes_the_self_check(
    make_loaded: Any, rows: Rows, tmp_path: Path
) -> None:
    settings = of("distil", teacher_share=1.0, epochs=0.1)
    result = train(make_loaded(), rows, [], settings, folder=tmp_path, teacher=make_loaded())
    assert result.losses[0] == pytest.approx(0.0, abs=1e-5)


def test_another_teacher_is_another_run(
    make_loaded: Any, rows: Rows, tmp_path: Path, recorder: Any
) -> None:
    with pytest.raises(Interrupted):
        train(
            make_loaded(), rows, [], of("distil"),
            folder=tmp_path, teacher=make_loaded(seed=3), progress=recorder(6),
        )  # fmt: skip
    with pytest.raises(TrainingError, match="teacher: llama-3 then, llama-4 now"):
        train(
            make_loaded(), rows, [], of("distil"),
            folder=tmp_path, teacher=make_loaded(seed=4), resume=True,
        )  # fmt: skip


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_broken_engine_is_found_at_the_first_step(
    objective: str,
    make_loaded: Any,
    rows_for: RowsFor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "whet.rows.segments.Batch.mask",
        lambda self, window, dtype: torch.zeros(self.length, self.length),
    )
    more = options(objective, make_loaded)
    monkeypatch.setattr("whet.training.path._reason", lambda model: None)
    with pytest.raises(TrainingError, match="the self check failed"):
        train(make_loaded(), rows_for(objective), [], of(objective), folder=tmp_path, **more)


def test_pairs_longer_than_the_self_check_are_checked_by_their_ends(
    make_loaded: Any, pairs: Rows, tmp_path: Path, recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.training.verify.MAX_TOKENS", 20)
    progress = recorder()
    train(make_loaded(), pairs[1::2], [], of("dpo", epochs=0.1), folder=tmp_path, progress=progress)
    assert any("1 examples, 20 tokens" in line for line in progress.said)


def test_a_fraction_of_an_epoch_measures_only_the_rows_it_uses(
    make_loaded: Any, pairs: Rows, tmp_path: Path
) -> None:
    train(make_loaded(), pairs, [], of("dpo", epochs=0.3), folder=tmp_path)
    kept = checkpoint.latest(tmp_path)
    assert kept is not None
    assert int(kept.tensors["reference"].isfinite().sum()) == 8
    assert "reference" not in json.dumps(kept.state)


def test_pairs_on_both_sides_of_a_longrope_border_are_named(
    make_loaded: Any, pairs: Rows, tmp_path: Path
) -> None:
    parted = [p for p in pairs if len({s.num_tokens > 64 for s in p.sequences}) > 1]
    border = {s.num_tokens for p in pairs for s in p.sequences}
    assert min(border) < 64
    with pytest.raises(DataError, match="one side of the pair is longer than"):
        loaded = make_loaded("longrope")
        middle = sorted(border)[len(border) // 2]
        loaded.model.config.rope_parameters["original_max_position_embeddings"] = middle
        train(loaded, pairs, [], of("dpo"), folder=tmp_path)
    assert len(parted) <= len(pairs)


def test_a_reference_of_other_rows_or_none_is_never_taken(
    make_loaded: Any, pairs: Rows, tmp_path: Path, recorder: Any
) -> None:
    for before, after in ((of("orpo"), pairs), (of("dpo"), pairs[:-1])):
        folder = tmp_path / before.objective
        with pytest.raises(Interrupted):
            train(make_loaded(), pairs, [], before, folder=folder, progress=recorder(9))
        with pytest.raises(TrainingError, match="measured before training"):
            train(
                make_loaded(), after, [], of("dpo"),
                folder=folder, resume=True, accept_changes=True,
            )  # fmt: skip
