"""`gradcheck` in float64 of each autograd function that is our own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from whet.models.lora_layer import LoraProduct
from whet.rows import attention_joined, segments
from whet.rows.attention_kernel import SegmentAttention
from whet.rows.packing import pack
from whet.rows.segments import SegmentTable
from whet.rows.sequence import TokenSequence
from whet.training.loss import HeadLoss, HeadSetting, LossTensors


def random(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_(True)


@pytest.mark.parametrize("bias", [True, False])
def test_lora_product(bias: bool) -> None:
    x, a, b = random(6, 5, seed=1), random(2, 5, seed=2), random(4, 2, seed=3)
    weight = random(4, 5, seed=4).detach()
    offset = random(4, seed=5).detach() if bias else None
    assert torch.autograd.gradcheck(
        lambda *t: LoraProduct.apply(t[0], lambda _: weight, offset, t[1], t[2], 0.7), (x, a, b)
    )


@pytest.mark.parametrize("softcap", [None, 1.5])
@pytest.mark.parametrize("chunk_bytes", [1, 2**20])
def test_head_loss(
    softcap: float | None, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.training.loss.CHUNK_BYTES", chunk_bytes)
    loss = LossTensors(
        positions=torch.tensor([0, 3, 4]),
        index=torch.tensor([0, 1, 1, 2]),
        targets=torch.tensor([5, 2, 2, 6]),
        weights=torch.tensor([1.0, 0.5, 2.0, 1.0]),
        bounds=[0, 1, 3, 4],
    )
    hidden, weight, bias = random(3, 4, seed=1), random(7, 4, seed=2), random(7, seed=3)
    setting = HeadSetting(softcap, 0.8)
    assert torch.autograd.gradcheck(
        lambda h, w, b: HeadLoss.apply(h, w, b, loss, setting)[0], (hidden, weight, bias)
    )


@pytest.mark.parametrize("softcap", [None, 2.0])
@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("kept", [0, 10**6])
def test_segment_attention(
    softcap: float | None, window: int | None, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_joined, "KEPT_ELEMENTS", kept)
    monkeypatch.setattr(segments, "PIECE", 5)
    monkeypatch.setattr(segments, "SMALL_GAP", 1)
    monkeypatch.setattr("whet.rows.tree.MIN_SAVED_TOKENS", 3)
    rng = np.random.default_rng(0)
    prefix = [1, 2, 3, 4, 5, 6]
    rows = [[*prefix, *rng.integers(7, 99, n).tolist()] for n in (1, 2, 6)] + [[8, 9]]
    (row,) = pack([TokenSequence.of(r, [i > 0 for i in range(len(r))]) for r in rows], 999)
    assert {segment.parent for segment in row.segments} == {-1, 0}
    table, tokens = SegmentTable.of(row), row.num_tokens
    query, key, value = (random(h, tokens, 2, seed=h + 7) for h in (4, 2, 2))
    assert torch.autograd.gradcheck(
        lambda q, k, v: SegmentAttention.apply(q, k, v, table, 0.6, softcap, window),
        (query, key, value),
    )
