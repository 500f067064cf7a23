"""Loss and every gradient of each objective against padded transformers and plain autograd.

The reference knows nothing of rows, and nothing of the package's formulas: they are written out
here again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from whet.models.lora import adapter_disabled
from whet.rows.attention import row_attention
from whet.rows.sequence import Part, RenderedExample, TokenSequence
from whet.training.objectives.mismatched import with_mismatched
from whet.training.objectives.preference import Answers, orpo
from whet.training.objectives.task import task_of
from whet.training.objectives.teacher import teacher_attention
from whet.training.optimizer import FlatParameters
from whet.training.settings import TrainSettings
from whet.training.step import StepGradient, step_gradient

Rows = list[RenderedExample]
OBJECTIVES = ("dpo", "orpo", "kto", "distil")
BETA, SHARE, TEMPERATURE = 0.3, 0.7, 2.0


def settings(objective: str) -> TrainSettings:
    return TrainSettings(
        objective=objective,  # type: ignore[arg-type]
        beta=BETA,
        teacher_share=SHARE,
        teacher_temperature=TEMPERATURE,
    )


def padded_logits(model: Any, sequences: Sequence[TokenSequence]) -> list[torch.Tensor]:
    """For each sequence its logits where a learnt token is predicted, from one padded batch."""
    longest = max(s.num_tokens for s in sequences)
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : sequence.num_tokens] = torch.from_numpy(sequence.tokens.astype(np.int64))
        mask[row, : sequence.num_tokens] = 1
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits.float()
    learnt = [torch.from_numpy(np.flatnonzero(s.trained)) for s in sequences]
    return [logits[row, places - 1] for row, places in enumerate(learnt)]


def log_probs(model: Any, sequences: Sequence[TokenSequence]) -> torch.Tensor:
    logits = padded_logits(model, sequences)
    targets = [torch.from_numpy(s.tokens[s.trained].astype(np.int64)) for s in sequences]
    picked = [
        torch.log_softmax(z, -1).gather(1, t[:, None]) for z, t in zip(logits, targets, strict=True)
    ]
    return torch.stack([p.double().sum() for p in picked])


def parts(rows: Rows, *kinds: Part) -> list[TokenSequence]:
    return [
        s for row in rows for s, part in zip(row.sequences, row.kinds, strict=True) if part in kinds
    ]


def reference_loss(model: Any, rows: Rows, objective: str, teacher: Any) -> torch.Tensor:
    """The mean over pairs, rows or tokens by the papers' formulas."""
    if objective == "distil":
        sequences = parts(rows, Part.ANSWER)
        with torch.no_grad():
            taught = padded_logits(teacher, sequences)
        total = torch.zeros(())
        for sequence, z, t in zip(sequences, padded_logits(model, sequences), taught, strict=True):
            targets = torch.from_numpy(sequence.tokens[sequence.trained].astype(np.int64))
            entropy = F.cross_entropy(z, targets, reduction="sum")
            q, p = F.softmax(t / TEMPERATURE, -1), F.log_softmax(z / TEMPERATURE, -1)
            divergence = F.kl_div(p, q, reduction="sum")
            total = total + (1 - SHARE) * entropy + SHARE * TEMPERATURE**2 * divergence
        return total / sum(s.num_loss_tokens for s in sequences)
    if objective == "kto":
        answers = parts(rows, Part.DESIRABLE, Part.UNDESIRABLE)
        others = parts(rows, Part.MISMATCHED)
        with torch.no_grad(), adapter_disabled(model):
            base, base_others = log_probs(model, answers), log_probs(model, others)
        with torch.no_grad():
            kl = (log_probs(model, others) - base_others).mean().clamp(min=0)
        gain = log_probs(model, answers) - base
        sign = torch.tensor([1.0 if Part.DESIRABLE in row.parts else -1.0 for row in rows])
        return (1 - torch.sigmoid(BETA * sign * (gain - kl))).mean()
    chosen, rejected = parts(rows, Part.CHOSEN), parts(rows, Part.REJECTED)
    c, r = log_probs(model, chosen), log_probs(model, rejected)
    if objective == "dpo":
        with torch.no_grad(), adapter_disabled(model):
            base_c, base_r = log_probs(model, chosen), log_probs(model, rejected)
        return -F.logsigmoid(BETA * ((c - base_c) - (r - base_r))).mean()
    c = c / torch.tensor([s.num_loss_tokens for s in chosen])
    r = r / torch.tensor([s.num_loss_tokens for s in rejected])
    odds = torch.log(c.exp() / (1 - c.exp())) - torch.log(r.exp() / (1 - r.exp()))
    return (-c - BETA * F.logsigmoid(odds)).mean()


def with_base_reference(model: Any, rows: Rows) -> Rows:
    with torch.no_grad(), adapter_disabled(model):
        return [
            replace(row, reference=tuple(log_probs(model, row.sequences).tolist())) for row in rows
        ]


def by_rows(
    model: Any, rows: Rows, objective: str, teacher: Any, tokens: int, **options: Any
) -> tuple[StepGradient, dict[str, torch.Tensor]]:
    flat = FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])
    with row_attention(model), teacher_attention(teacher):
        task = task_of(model, rows, settings(objective), teacher=teacher)
        found = step_gradient(
            model, flat, task.sequences, tokens,
            units=task.units, total_weight=task.weight, measure=task.measure, **options,
        )  # fmt: skip
    grads = {n: g.clone() for n, g in zip(flat.names, flat.split(flat.grads), strict=True)}
    flat.release()
    return found, grads


def prepared(model: Any, rows: Rows, objective: str) -> Rows:
    made = with_mismatched(rows, 0, 512) if objective == "kto" else rows
    return with_base_reference(model, made) if objective in ("dpo", "kto") else made


def assert_same(
    grads: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], bound: float = 1e-5
) -> None:
    floor = 1e-3 * max(float(g.norm()) for g in expected.values())
    worst = {
        n: float((grads[n] - g).norm() / max(float(g.norm()), floor)) for n, g in expected.items()
    }
    assert max(worst.values()) < bound, max(worst.items(), key=lambda item: item[1])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_and_every_gradient_equal_padded_transformers(
    family: str,
    objective: str,
    make_moved: Callable[..., Any],
    make_model: Callable[..., Any],
    rows_for: Callable[[str], Rows],
) -> None:
    model, teacher = make_moved(family), None
    if objective == "distil":
        teacher = make_model(family, seed=5)
    rows = prepared(model, rows_for(objective), objective)
    expected, expected_grads = by_padding(model, rows, objective, teacher)
    found, grads = by_rows(model, rows, objective, teacher, 150)
    assert found.num_rows > 1
    assert found.loss == pytest.approx(expected, rel=1e-5)
    assert_same(grads, expected_grads)


def by_padding(
    model: Any, rows: Rows, objective: str, teacher: Any
) -> tuple[float, dict[str, torch.Tensor]]:
    loss = reference_loss(model, rows, objective, teacher)
    loss.backward()
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    grads = {n: p.grad.clone() for n, p in named if p.grad is not None}
    model.zero_grad()
    return float(loss.detach()), grads


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_bfloat16_is_as_near_to_the_truth_as_the_reference_is(
    objective: str,
    make_moved: Callable[..., Any],
    make_model: Callable[..., Any],
    rows_for: Callable[[str], Rows],
) -> None:
    exact, model = make_moved("llama"), make_moved("llama", dtype=torch.bfloat16)
    teachers = [make_model("llama", seed=5, dtype=d) for d in (torch.float32, torch.bfloat16)]
    taught = teachers if objective == "distil" else [None, None]
    rows = prepared(model, rows_for(objective), objective)
    true_rows = prepared(exact, rows_for(objective), objective)
    truth, true_grads = by_padding(exact, true_rows, objective, taught[0])
    _, their_grads = by_padding(model, rows, objective, taught[1])
    found, grads = by_rows(model, rows, objective, taught[1], 4096)
    assert found.loss == pytest.approx(truth, rel=5e-2)
    true, theirs, ours = (
        torch.cat([g[n].float().flatten() for n in sorted(true_grads)])
        for g in (true_grads, their_grads, grads)
    )
    assert float((ours - true).norm()) < 1.3 * float((theirs - true).norm())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_gradient_of_full_training_equals_the_reference(
    objective: str, make_model: Callable[..., Any], rows_for: Callable[[str], Rows]
) -> None:
    model, teacher = make_model("qwen2"), make_model("qwen2", seed=5)
    rows = rows_for(objective)
    if objective == "kto":
        rows = with_mismatched(rows, 0, 512)
    if objective in ("dpo", "kto"):  # the base as it was before training, in another model
        rows = with_base_reference(make_model("qwen2", seed=3), rows)
    taught = teacher if objective == "distil" else None
    expected_value = full_reference(model, make_model("qwen2", seed=3), rows, objective, taught)
    expected_value.backward()
    expected = {n: p.grad.clone() for n, p in model.named_parameters()}
    model.zero_grad()
    found, grads = by_rows(model, rows, objective, taught, 4096)
    assert found.loss == pytest.approx(float(expected_value.detach()), rel=1e-5)
    assert_same(grads, expected)


def full_reference(model: Any, base: Any, rows: Rows, objective: str, teacher: Any) -> torch.Tensor:
    if objective in ("orpo", "distil"):
        return reference_loss(model, rows, objective, teacher)
    with torch.no_grad():
        if objective == "kto":
            others = parts(rows, Part.MISMATCHED)
            kl = (log_probs(model, others) - log_probs(base, others)).mean().clamp(min=0)
            before = log_probs(base, parts(rows, Part.DESIRABLE, Part.UNDESIRABLE))
        else:
            sides = [parts(rows, Part.CHOSEN), parts(rows, Part.REJECTED)]
            before_c, before_r = (log_probs(base, side) for side in sides)
    if objective == "kto":
        gain = log_probs(model, parts(rows, Part.DESIRABLE, Part.UNDESIRABLE)) - before
        sign = torch.tensor([1.0 if Part.DESIRABLE in row.parts else -1.0 for row in rows])
        return (1 - torch.sigmoid(BETA * sign * (gain - kl))).mean()
    c, r = (log_probs(model, side) for side in sides)
    return -F.logsigmoid(BETA * ((c - before_c) - (r - before_r))).mean()


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("tokens", [1, 100])
def test_micro_batches_do_not_change_the_step(
    objective: str,
    tokens: int,
    make_moved: Callable[..., Any],
    make_model: Callable[..., Any],
    rows_for: Callable[[str], Rows],
) -> None:
    model = make_moved("llama")
    teacher = make_model("llama", seed=5) if objective == "distil" else None
    rows = prepared(model, rows_for(objective), objective)
    whole, expected = by_rows(model, rows, objective, teacher, 4096)
    cut, grads = by_rows(model, rows, objective, teacher, tokens)
    assert whole.num_rows == 1 < cut.num_rows
    assert cut.loss == pytest.approx(whole.loss, rel=1e-6)
    assert sorted(cut.margins) == pytest.approx(sorted(whole.margins), abs=1e-4)
    assert_same(grads, expected)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_sharing_prefixes_and_the_order_of_rows_do_not_change_the_step(
    objective: str,
    make_moved: Callable[..., Any],
    make_model: Callable[..., Any],
    rows_for: Callable[[str], Rows],
) -> None:
    model = make_moved("llama")
    teacher = make_model("llama", seed=5) if objective == "distil" else None
    rows = prepared(model, rows_for(objective), objective)
    shared, expected = by_rows(model, rows, objective, teacher, 4096)
    alone, grads = by_rows(model, rows[::-1], objective, teacher, 4096, share_prefixes=False)
    assert alone.executed_tokens == alone.logical_tokens
    if objective in ("dpo", "orpo"):
        assert shared.executed_tokens < 0.8 * shared.logical_tokens
    assert alone.loss == pytest.approx(shared.loss, rel=1e-6)
    assert_same(grads, expected)


def test_an_answer_that_is_certain_has_finite_odds() -> None:
    """Its losses are 0 in float32; p / (1 - p) has no gradient there, and none is needed."""
    log_probs = torch.tensor([[0.0, -3.0], [-3.0, 0.0]], dtype=torch.float64, requires_grad=True)
    nothing = torch.zeros(2, 2, dtype=torch.float64)
    answers = Answers(log_probs, nothing, torch.ones_like(nothing), torch.tensor([True, True]))
    judged = orpo(answers, BETA)
    (slope,) = torch.autograd.grad(judged.losses.sum(), log_probs)
    assert bool(judged.losses.isfinite().all()) and bool(slope.isfinite().all())
    assert judged.losses[0] < 1e-6 < 1 < judged.losses[1]
