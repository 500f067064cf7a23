"""The distillation loss in float64, by `gradcheck` and by its formula."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from whet.training.loss import HeadLoss, HeadSetting, LossTensors
from whet.training.objectives.distillation import DistilLoss, Lesson

LOSS = LossTensors(
    positions=torch.tensor([0, 3, 4]),
    index=torch.tensor([0, 1, 1, 2]),
    targets=torch.tensor([5, 2, 2, 6]),
    weights=torch.tensor([1.0, 0.5, 2.0, 1.0]),
    bounds=[0, 1, 3, 4],
)


def random(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_(True)


def lesson(vocabulary: int = 7, share: float = 0.6, temperature: float = 1.7) -> Lesson:
    hidden, weight = random(3, 5, seed=8).detach(), random(vocabulary, 5, seed=9).detach()
    return Lesson(hidden, weight, None, HeadSetting(), share, temperature)


@pytest.mark.parametrize("softcap", [None, 1.5])
@pytest.mark.parametrize("vocabulary", [6, 7, 9])
@pytest.mark.parametrize("chunk_bytes", [1, 2**20])
def test_gradients(
    softcap: float | None, vocabulary: int, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.training.objectives.distillation.CHUNK_BYTES", chunk_bytes)
    hidden, weight, bias = random(3, 4, seed=1), random(7, 4, seed=2), random(7, seed=3)
    setting, taught = HeadSetting(softcap, 0.8), lesson(vocabulary)
    assert torch.autograd.gradcheck(
        lambda h, w, b: DistilLoss.apply(h, w, b, LOSS, setting, taught)[0], (hidden, weight, bias)
    )


def test_the_value_is_the_formula() -> None:
    hidden, weight = random(3, 4, seed=1), random(7, 4, seed=2)
    taught = lesson()
    total, losses = DistilLoss.apply(hidden, weight, None, LOSS, HeadSetting(), taught)
    z, t = (hidden @ weight.t())[LOSS.index], (taught.hidden @ taught.weight.t())[LOSS.index]
    q, p = F.log_softmax(t / 1.7, -1), F.log_softmax(z / 1.7, -1)
    divergence = (q.exp() * (q - p)).sum(-1) * 1.7**2
    expected = 0.4 * F.cross_entropy(z, LOSS.targets, reduction="none") + 0.6 * divergence
    assert torch.allclose(losses, expected)
    assert torch.allclose(total, (expected * LOSS.weights).sum())


def test_without_a_share_it_is_cross_entropy_and_at_the_teacher_nothing_pulls() -> None:
    hidden, weight = random(3, 4, seed=1), random(7, 4, seed=2)
    plain = HeadLoss.apply(hidden, weight, None, LOSS, HeadSetting())[0]
    mixed = DistilLoss.apply(hidden, weight, None, LOSS, HeadSetting(), lesson(share=0.0))[0]
    assert torch.allclose(plain, mixed)
    own = replace(lesson(share=1.0), hidden=hidden.detach(), weight=weight.detach())
    same = DistilLoss.apply(hidden, weight, None, LOSS, HeadSetting(), own)[0]
    (grad,) = torch.autograd.grad(same, hidden)
    assert float(same.detach()) == pytest.approx(0, abs=1e-12) and float(grad.abs().max()) < 1e-12
