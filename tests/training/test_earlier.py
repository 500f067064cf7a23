"""A prefix that is a row of its own gives the gradient of plain transformers, one by one."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from whet.models.lora import add_lora, lora_modules
from whet.rows.attention import row_attention
from whet.rows.packing import pack
from whet.rows.row import ROOT
from whet.rows.segments import Layers
from whet.rows.sequence import TokenSequence
from whet.training import earlier
from whet.training.evaluation import token_losses
from whet.training.forward import RowTensors, rope_border, row_loss
from whet.training.optimizer import FlatParameters
from whet.training.recompute import Recompute
from whet.training.step import StopAskedError, step_gradient

Make = Callable[..., TokenSequence]


def adapted(model: Any) -> Any:
    add_lora(model, rank=4, alpha=8)
    torch.manual_seed(1)
    for module in lora_modules(model).values():
        torch.nn.init.normal_(module.lora_B, std=0.1)
    return model


def everything_trained(model: Any) -> FlatParameters:
    return FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])


def plain_gradient(
    model: Any, flat: FlatParameters, step: list[TokenSequence]
) -> tuple[float, torch.Tensor]:
    """Mean loss and its gradient by transformers' eager attention, one sequence at a time."""
    flat.grads.zero_()
    total, count = 0.0, sum(s.num_loss_tokens for s in step)
    for sequence in step:
        ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
        learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
        logits = model(input_ids=ids, use_cache=False).logits[0, learnt - 1]
        loss = torch.nn.functional.cross_entropy(logits, ids[0, learnt], reduction="sum") / count
        loss.backward()
        total += float(loss.detach())
    return total, flat.grads.clone()


def assert_near(flat: FlatParameters, expected: torch.Tensor) -> None:
    """Each tensor's gradient within 1e-5 of its norm, or of a thousandth of the largest."""
    pairs = list(zip(flat.names, flat.split(flat.grads), flat.split(expected), strict=True))
    floor = 1e-3 * max(float(b.norm()) for _, _, b in pairs)
    worst = {n: float((a - b).norm() / max(float(b.norm()), floor)) for n, a, b in pairs}
    assert max(worst.values()) < 1e-5, max(worst.items(), key=lambda item: item[1])


def layouts(make: Make) -> dict[str, tuple[list[TokenSequence], int]]:
    """Name -> (sequences, tokens a row). Prefixes exceed every sliding window used."""
    rng = np.random.default_rng(0)
    first = tuple(rng.integers(1, 97, 40).tolist())
    second = first + tuple(rng.integers(1, 97, 36).tolist())
    third = second + tuple(rng.integers(1, 97, 34).tolist())
    short = [make(rng, int(n), 5, first) for n in rng.integers(48, 64, 6)]
    longer = make(rng, 60, 30, first)  # its first loss tokens lie in the prefix
    at_branch = [make(rng, 58, 18, first), make(rng, 52, 12, first)]
    ended = TokenSequence(longer.tokens[:40], longer.trained[:40])
    deep = [make(rng, int(n), 6, third) for n in rng.integers(115, 130, 4)]
    middle = [make(rng, int(n), 40, second) for n in rng.integers(90, 105, 3)]
    return {
        "one prefix over rows": ([*short, make(rng, 20, 3)], 64),
        "loss within the prefix": ([longer, *short[:3], ended, *at_branch, longer], 64),
        "chains of prefixes": ([*deep, *short, *middle, make(rng, 20, 3)], 100),
        "longer than a piece of attention": (
            [make(rng, 330, 20, tuple(rng.integers(1, 97, 300).tolist()))] * 1
            + [make(rng, 340, 20, tuple(range(1, 90)) * 3) for _ in range(3)],
            200,
        ),
    }


@pytest.mark.parametrize("level", ["none", "full"])
@pytest.mark.parametrize(
    "layout", ["one prefix over rows", "loss within the prefix", "chains of prefixes"]
)
def test_a_prefix_row_gives_the_plain_gradient(
    family: str, layout: str, level: Recompute, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = adapted(make_model(family))
    flat = everything_trained(model)
    step, tokens = layouts(make_sequence)[layout]
    loss, expected = plain_gradient(model, flat, step)
    with row_attention(model):
        found = step_gradient(model, flat, step, tokens, recompute=level)
    border = rope_border(model.config)
    rows = pack(step, tokens, prefix_rows=True, border=border)
    assert found.executed_tokens == sum(row.num_tokens for row in rows)
    if border is None or layout != "chains of prefixes":
        assert any(row.after != ROOT for row in rows)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert_near(flat, expected)


@pytest.mark.parametrize("family", ["llama", "gemma2", "mistral"])
def test_long_prefixes_are_cut_into_pieces_of_attention(
    family: str, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = adapted(make_model(family))
    flat = everything_trained(model)
    step, tokens = layouts(make_sequence)["longer than a piece of attention"]
    loss, expected = plain_gradient(model, flat, step)
    with row_attention(model):
        found = step_gradient(model, flat, step, tokens)
    assert found.executed_tokens < sum(s.num_tokens for s in step) - 500
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert_near(flat, expected)


@pytest.mark.parametrize("level", ["none", "mlp", "full"])
def test_full_training_goes_through_prefix_rows(
    family: str, level: Recompute, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = make_model(family)
    flat = everything_trained(model)
    step, tokens = layouts(make_sequence)["loss within the prefix"]
    loss, expected = plain_gradient(model, flat, step)
    with row_attention(model):
        found = step_gradient(model, flat, step, tokens, recompute=level)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert_near(flat, expected)


def test_an_adapter_on_the_last_layer_alone_needs_no_gradient_of_lower_keys(
    make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = make_model("llama")
    add_lora(model, target_modules=["model.layers.2.self_attn.q_proj"])
    flat = everything_trained(model)
    step, tokens = layouts(make_sequence)["chains of prefixes"]
    _, expected = plain_gradient(model, flat, step)
    with row_attention(model):
        step_gradient(model, flat, step, tokens)
    assert float(expected.norm()) > 0
    assert_near(flat, expected)


def test_without_sharing_there_are_no_prefix_rows(make_sequence: Make) -> None:
    step, tokens = layouts(make_sequence)["one prefix over rows"]
    rows = pack(step, tokens, share_prefixes=False, prefix_rows=True)
    assert {row.after for row in rows} == {ROOT}


def test_a_prefix_row_that_saves_little_is_not_made(make_sequence: Make) -> None:
    rng = np.random.default_rng(0)
    prefix = tuple(rng.integers(1, 97, 40).tolist())
    step = [make_sequence(rng, 400, 5, prefix) for _ in range(4)]
    rows = pack(step, 800, prefix_rows=True)
    assert len(rows) > 1 and {row.after for row in rows} == {ROOT}


def test_long_sequences_of_longrope_get_no_prefix_row(make_sequence: Make) -> None:
    """The prefix alone would be on the other side of the border than those that follow it."""
    step, tokens = layouts(make_sequence)["chains of prefixes"]
    rows = pack(step, tokens, prefix_rows=True, border=64)
    for row in rows:
        beyond = {step[owner].num_tokens > 64 for owner in row.loss_owners}
        assert len(beyond) <= 1
        assert int(row.positions.max()) < 64 or beyond == {True}
        if row.after != ROOT:
            assert beyond == {False}


def test_keys_and_values_are_freed_with_the_step(
    make_model: Callable[..., Any], make_sequence: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the step fails half-way: a graph that held itself would never be freed."""
    held: list[weakref.ref[Any]] = []

    class Watched(Layers):
        def setdefault(self, layer: int, pair: Any) -> Any:  # type: ignore[override]
            held.extend(weakref.ref(tensor) for tensor in pair)
            return super().setdefault(layer, pair)

    monkeypatch.setattr(earlier, "Layers", Watched)
    model = adapted(make_model("llama"))
    flat = everything_trained(model)
    step, tokens = layouts(make_sequence)["one prefix over rows"]
    asked = iter([False, False, False, True])
    with row_attention(model), pytest.raises(StopAskedError):
        step_gradient(model, flat, step, tokens, should_stop=lambda: next(asked))
    gc.collect()
    assert held and not any(tensor() is not None for tensor in held)


def test_an_evaluation_computes_a_long_prefix_once(
    make_model: Callable[..., Any],
    make_sequence: Make,
    as_examples: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = adapted(make_model("gemma3"))
    step, tokens = layouts(make_sequence)["chains of prefixes"]
    expected = token_losses(model, as_examples(step), tokens_per_row=9999)
    found = token_losses(model, as_examples(step), tokens_per_row=tokens)
    assert found.sums == pytest.approx(expected.sums, rel=1e-5)
    assert (found.counts == expected.counts).all()
    computed = 0
    honest = RowTensors.of

    def counted(row: Any, device: Any = None) -> RowTensors:
        nonlocal computed
        computed += row.num_tokens
        return honest(row, device)

    monkeypatch.setattr(RowTensors, "of", staticmethod(counted))
    token_losses(model, as_examples(step), tokens_per_row=tokens)
    assert computed < 0.8 * sum(row.num_tokens for row in pack(step, tokens))


def test_a_row_without_the_keys_before_it_is_an_error(
    make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = make_model("llama")
    step, tokens = layouts(make_sequence)["one prefix over rows"]
    row = next(row for row in pack(step, tokens, prefix_rows=True) if row.after != ROOT)
    with row_attention(model), pytest.raises(ValueError, match="not at hand"):
        row_loss(model, RowTensors.of(row))
