"""What must not change a step: how it is cut, in which order it comes, who its neighbours are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch

from whet.models.lora import add_lora, lora_modules
from whet.rows import attention_joined, segments
from whet.rows.attention import row_attention
from whet.rows.attention_kernel import Setting, Slots
from whet.rows.packing import pack
from whet.rows.row import Row, Segment
from whet.rows.sequence import TokenSequence
from whet.training import loss as loss_module
from whet.training.forward import RowTensors, row_loss
from whet.training.optimizer import FlatParameters
from whet.training.step import step_gradient

Make = Callable[..., TokenSequence]


@pytest.fixture
def model(make_model: Callable[..., Any]) -> Any:
    found = make_model("llama")
    add_lora(found, rank=4, alpha=8)
    torch.manual_seed(1)
    for module in lora_modules(found).values():
        torch.nn.init.normal_(module.lora_B, std=0.1)
    return found


@pytest.fixture
def flat(model: Any) -> FlatParameters:
    return FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])


@pytest.fixture
def step(make_sequence: Make) -> list[TokenSequence]:
    """Eight sequences with masks of very different size, four of them with a common prefix."""
    rng = np.random.default_rng(3)
    common = tuple(rng.integers(1, 97, 40).tolist())
    shapes = [(60, 1, common), (48, 7, common), (90, 30, common), (44, 2, common)]
    shapes += [(30, 29, ()), (12, 1, ()), (75, 3, ()), (5, 4, ())]
    return [make_sequence(rng, length, learnt, prefix) for length, learnt, prefix in shapes]


def gradient(model: Any, flat: FlatParameters, step: list[TokenSequence], tokens: int) -> Any:
    with row_attention(model):
        found = step_gradient(model, flat, step, tokens)
    return found, flat.grads.clone()


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize("tokens", [1, 64, 100, 150])
def test_micro_batches_do_not_change_the_step(
    tokens: int, model: Any, flat: FlatParameters, step: list[TokenSequence]
) -> None:
    whole, expected = gradient(model, flat, step, 4096)
    cut, found = gradient(model, flat, step, tokens)
    assert whole.num_rows == 1 < cut.num_rows
    assert cut.loss == pytest.approx(whole.loss, rel=1e-6)
    assert cut.loss_tokens == whole.loss_tokens == sum(s.num_loss_tokens for s in step)
    assert relative(found, expected) < 1e-5


def test_the_order_of_examples_does_not_change_the_step(
    model: Any, flat: FlatParameters, step: list[TokenSequence]
) -> None:
    _, expected = gradient(model, flat, step, 4096)
    _, found = gradient(model, flat, step[::-1], 4096)
    assert relative(found, expected) < 1e-5


def test_sharing_prefixes_does_not_change_the_step(
    model: Any, flat: FlatParameters, step: list[TokenSequence]
) -> None:
    _, expected = gradient(model, flat, step, 4096)
    with row_attention(model):
        step_gradient(model, flat, step, 4096, share_prefixes=False)
    assert relative(flat.grads, expected) < 1e-5


def test_chunk_sizes_do_not_change_the_step(
    model: Any, flat: FlatParameters, step: list[TokenSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = gradient(model, flat, step, 4096)
    monkeypatch.setattr(loss_module, "CHUNK_BYTES", 97 * 4 * 3)
    monkeypatch.setattr(segments, "PIECE", 16)
    monkeypatch.setattr(attention_joined, "KEPT_ELEMENTS", 0)
    _, found = gradient(model, flat, step, 4096)
    assert relative(found, expected) < 1e-5


def losses_by_owner(model: Any, rows: list[Row], count: int) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in range(count)]
    with row_attention(model), torch.no_grad():
        for row in rows:
            tensors = RowTensors.of(row)
            _, losses = row_loss(model, tensors)
            for owner, value in zip(tensors.owners.tolist(), losses.tolist(), strict=True):
                found[owner].append(value)
    return found


def test_an_example_never_changes_its_neighbours_losses(
    model: Any, step: list[TokenSequence]
) -> None:
    before = losses_by_owner(model, pack(step, 4096, share_prefixes=False), len(step))
    other = TokenSequence((step[6].tokens + 1) % 97, step[6].trained)
    changed = [*step[:6], other, step[7]]
    after = losses_by_owner(model, pack(changed, 4096, share_prefixes=False), len(step))
    assert after[6] != before[6]
    assert [after[i] for i in range(8) if i != 6] == [before[i] for i in range(8) if i != 6]


def test_a_neighbour_of_another_length_changes_nothing_either(
    model: Any, step: list[TokenSequence], make_sequence: Make
) -> None:
    before = losses_by_owner(model, pack(step, 4096), len(step))
    longer = make_sequence(np.random.default_rng(9), 200, 50)
    after = losses_by_owner(model, pack([*step[:6], longer, step[7]], 4096), len(step))
    for index in (0, 1, 2, 3, 4, 5, 7):
        assert after[index] == pytest.approx(before[index], rel=1e-5, abs=1e-6)


def test_a_leak_would_be_seen(model: Any, step: list[TokenSequence]) -> None:
    """The instrument itself: a segment that sees its neighbour has clearly other losses."""
    (row,) = pack(step[4:], 4096, share_prefixes=False)
    first, second, *rest = row.segments
    leaking = replace(row, segments=(first, Segment(second.start, second.end, 0), *rest))
    good = losses_by_owner(model, [row], 4)
    bad = losses_by_owner(model, [leaking], 4)
    pairs = zip(chain(*good), chain(*bad), strict=True)
    assert max(abs(a - b) for a, b in pairs) > 1e-3


def test_attention_without_a_table_is_an_error(model: Any) -> None:
    with row_attention(model), pytest.raises(ValueError, match="without `segments=`"):
        model(input_ids=torch.ones(1, 4, dtype=torch.long), use_cache=False)


def test_outside_its_context_the_model_attends_as_before(model: Any) -> None:
    ids = torch.arange(1, 9)[None]
    with torch.no_grad():
        before = model(input_ids=ids).logits
        with row_attention(model):
            pass
        assert torch.equal(model(input_ids=ids).logits, before)


@pytest.mark.parametrize("num_shared", [0, 3])
def test_float16_scores_do_not_overflow_before_they_are_scaled(num_shared: int) -> None:
    """Keys of Qwen2 are so large: 4 x 200 x 200 is beyond float16, a hundredth of it is not."""
    shared = ((2, 2 + num_shared),) if num_shared else ()
    own = torch.arange(2)
    batch = segments.Batch(1, 2, own, None, own, shared, num_shared)
    large = torch.full((1, 2 + num_shared, 4), 200.0, dtype=torch.float16)
    before = large[:, :num_shared] if num_shared else None
    slots = Slots(large[None, :, :2], large[:, :2], large[:, :2], before, before)
    output, _ = attention_joined.forward(batch, slots, Setting(0.01, None, None), False)
    torch.testing.assert_close(output, torch.full_like(output, 200.0))


def test_masks_of_a_long_row_grow_with_its_length_not_with_its_square() -> None:
    def num_bytes(num_tokens: int) -> int:
        (row,) = pack([TokenSequence.of([1] * num_tokens, [True] * num_tokens)], num_tokens)
        table = segments.SegmentTable.of(row)
        masks = [batch.mask(None, torch.float32) for batch in table.batches]
        return sum(mask.nbytes for mask in masks)

    assert num_bytes(16 * segments.PIECE) == 4 * num_bytes(4 * segments.PIECE)
