"""Rows compute what padded transformers + PEFT compute: loss and every adapter gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import peft
import pytest
import torch

from whet.models.four_bit import quantize_model
from whet.models.lora import add_lora, lora_modules, remove_lora
from whet.rows.attention import row_attention
from whet.rows.packing import pack
from whet.rows.sequence import TokenSequence
from whet.training.forward import RowTensors, rope_border, row_loss

# PEFT 0.21 asks transformers 5 for a property under its old name.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")

Make = Callable[..., TokenSequence]


def layouts(make: Make) -> dict[str, tuple[list[TokenSequence], int]]:
    """Name -> (sequences, tokens a row). Lengths exceed every sliding window used."""
    rng = np.random.default_rng(0)
    first = tuple(rng.integers(1, 97, 40).tolist())
    second = first + tuple(rng.integers(1, 97, 36).tolist())
    third = second + tuple(rng.integers(1, 97, 34).tolist())
    long = make(rng, 70, 30)
    branched = [*long.tokens[:55].tolist(), 5, 6, 7]
    in_loss = TokenSequence.of(branched, [i >= 45 for i in range(58)])
    depth_1 = [make(rng, 60, 5, first), make(rng, 50, 4, first), make(rng, 44, 40, first)]
    return {
        "packed": ([make(rng, 20, 5), make(rng, 13, 12), make(rng, 31, 3), make(rng, 2, 1)], 999),
        "longer than a piece of attention": ([make(rng, 300, 200), make(rng, 9, 3)], 999),
        "tree of depth 1": (depth_1, 999),
        "tree of depth 3": (
            [
                make(rng, 60, 5, first),
                make(rng, 90, 4, second),
                make(rng, 125, 40, third),
                make(rng, 130, 5, third),
                make(rng, 12, 3),
            ],
            999,
        ),
        "prefix split over two rows": (depth_1, 80),
        "branch inside the loss region": ([long, in_loss], 999),
        "duplicates": ([long, long, make(rng, 9, 2), long], 999),
        "one is the prefix of another": (
            [long, TokenSequence(long.tokens[:50], long.trained[:50])],
            999,
        ),
    }


LAYOUTS = [
    "packed",
    "longer than a piece of attention",
    "tree of depth 1",
    "tree of depth 3",
    "prefix split over two rows",
    "branch inside the loss region",
    "duplicates",
    "one is the prefix of another",
]


def peft_reference(
    model: Any,
    sequences: list[TokenSequence],
    rank: int,
    alpha: int,
    to_theirs: Callable[[Any], Any] = lambda base: base,
) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss sum and adapter gradients of the padded batch, by transformers and PEFT alone."""
    adapters = lora_modules(model)
    dora = any(m.lora_magnitude_vector is not None for m in adapters.values())
    config = peft.LoraConfig(
        r=rank, lora_alpha=alpha, target_modules="all-linear", task_type="CAUSAL_LM", use_dora=dora
    )
    base = copy.deepcopy(model)
    remove_lora(base)
    reference = peft.get_peft_model(to_theirs(base), config).eval()
    pairs = {}
    for name, module in adapters.items():
        layer = reference.get_submodule(f"base_model.model.{name}")
        pairs[f"{name}.lora_A"] = module.lora_A, layer.lora_A["default"].weight
        pairs[f"{name}.lora_B"] = module.lora_B, layer.lora_B["default"].weight
        if dora:
            length = layer.lora_magnitude_vector["default"].weight
            pairs[f"{name}.lora_magnitude_vector"] = module.lora_magnitude_vector, length
    for ours, theirs in pairs.values():
        theirs.data.copy_(ours.data)
    border = rope_border(model.config) or 10**9
    sides = [[s for s in sequences if (s.num_tokens > border) == side] for side in (False, True)]
    total = sum(_padded_loss(reference, side) for side in sides if side)
    return total, {name: theirs.grad for name, (_, theirs) in pairs.items()}


def _padded_loss(reference: Any, sequences: list[TokenSequence]) -> float:
    """The loss sum of one padded batch, its gradient added to the parameters'."""
    longest = max(s.num_tokens for s in sequences)
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, sequence in enumerate(sequences):
        tokens = torch.from_numpy(sequence.tokens.astype(np.int64))
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
        labels[row, learnt] = tokens[learnt]
    logits = reference(input_ids=ids, attention_mask=mask, use_cache=False).logits.float()
    loss = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), reduction="sum"
    )
    loss.backward()
    return float(loss.detach())


def rows_result(
    model: Any, sequences: list[TokenSequence], tokens: int
) -> tuple[float, dict[str, torch.Tensor]]:
    """The same by our rows."""
    total = 0.0
    with row_attention(model):
        for row in pack(sequences, tokens, border=rope_border(model.config)):
            loss, _ = row_loss(model, RowTensors.of(row))
            loss.backward()
            total += float(loss.detach())
    grads = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return total, grads


def adapted(
    make_model: Callable[..., Any],
    family: str,
    dtype: torch.dtype,
    *,
    dora: bool = False,
    four_bit: bool = False,
) -> Any:
    model = make_model(family, dtype=dtype, wide=four_bit)
    if four_bit:
        quantize_model(model)
    add_lora(model, rank=4, alpha=8, dora=dora)
    torch.manual_seed(1)
    for module in lora_modules(model).values():
        torch.nn.init.normal_(module.lora_B, std=0.1)
        if module.lora_magnitude_vector is not None:
            module.lora_magnitude_vector.data.mul_(torch.rand(module.out_features) + 0.5)
    return model


def distance(a: torch.Tensor, b: torch.Tensor, floor: float) -> float:
    return float((a.float() - b.float()).norm() / max(float(b.norm()), floor))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_equal_padded_transformers_and_peft(
    family: str, layout: str, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    model = adapted(make_model, family, torch.float32)
    sequences, tokens = layouts(make_sequence)[layout]
    expected, expected_grads = peft_reference(model, sequences, 4, 8)
    loss, grads = rows_result(model, sequences, tokens)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert set(grads) == set(expected_grads)
    floor = 1e-3 * max(float(g.norm()) for g in expected_grads.values())
    worst = {n: distance(g, expected_grads[n], floor) for n, g in grads.items()}
    assert max(worst.values()) < 1e-5, max(worst.items(), key=lambda item: item[1])


@pytest.mark.parametrize(
    ("dora", "four_bit"),
    [(True, False), (False, True), (True, True)],
    ids=["dora", "qlora", "both"],
)
def test_every_kind_of_adapter_equals_peft(
    family: str,
    dora: bool,
    four_bit: bool,
    make_model: Callable[..., Any],
    make_sequence: Make,
    in_their_four_bits: Callable[[Any], Any],
) -> None:
    """In four bits the reference is PEFT over bitsandbytes' layers."""
    model = adapted(make_model, family, torch.float32, dora=dora, four_bit=four_bit)
    sequences, tokens = layouts(make_sequence)["tree of depth 1"]
    expected, expected_grads = peft_reference(model, sequences, 4, 8, in_their_four_bits)
    loss, grads = rows_result(model, sequences, tokens)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert set(grads) == set(expected_grads)
    assert any("magnitude" in name for name in grads) == dora
    floor = 1e-3 * max(float(g.norm()) for g in expected_grads.values())
    worst = {n: distance(g, expected_grads[n], floor) for n, g in grads.items()}
    assert max(worst.values()) < 1e-5, max(worst.items(), key=lambda item: item[1])


def test_bfloat16_rows_are_as_near_to_the_truth_as_the_reference_is(
    family: str, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    sequences, tokens = layouts(make_sequence)["tree of depth 3"]
    truth, true_grads = peft_reference(adapted(make_model, family, torch.float32), sequences, 4, 8)
    model = adapted(make_model, family, torch.bfloat16)
    _, their_grads = peft_reference(model, sequences, 4, 8)
    loss, grads = rows_result(model, sequences, tokens)
    assert loss == pytest.approx(truth, rel=2e-2)
    true, theirs, ours = (
        torch.cat([g[n].float().flatten() for n in sorted(true_grads)])
        for g in (true_grads, their_grads, grads)
    )
    assert float((ours - true).norm()) < 1.3 * float((theirs - true).norm())


def test_shared_prefixes_are_computed_once(make_sequence: Make) -> None:
    sequences, tokens = layouts(make_sequence)["tree of depth 1"]
    (row,) = pack(sequences, tokens)
    assert row.num_tokens == 40 + 20 + 10 + 4
    (alone,) = pack(sequences, tokens, share_prefixes=False)
    assert alone.num_tokens == 60 + 50 + 44


def test_every_gradient_of_full_training_equals_the_reference(
    family: str, make_model: Callable[..., Any], make_sequence: Make
) -> None:
    sequences, tokens = layouts(make_sequence)["tree of depth 3"]
    reference, ours = make_model(family), make_model(family)
    for sequence in sequences:
        ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
        learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
        logits = reference(input_ids=ids, use_cache=False).logits[0, learnt - 1]
        torch.nn.functional.cross_entropy(logits, ids[0, learnt], reduction="sum").backward()
    _, grads = rows_result(ours, sequences, tokens)
    expected = {n: p.grad for n, p in reference.named_parameters()}
    floor = 1e-3 * max(float(g.norm()) for g in expected.values())
    worst = {n: distance(grads[n], g, floor) for n, g in expected.items()}
    assert max(worst.values()) < 1e-5, max(worst.items(), key=lambda item: item[1])
