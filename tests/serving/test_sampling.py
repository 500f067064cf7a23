from __future__ import annotations

import pytest
import torch

from whet.serving.backends.backend import Sampling
from whet.serving.backends.sampling import Sampler

LOGITS_1V = torch.tensor([[1.0, 4.0, 3.0, -200.0, 2.0]])


@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-38, 1e-6, 0.0])
def test_a_temperature_near_nothing_draws_the_likeliest(temperature: float) -> None:
    sampler = Sampler(Sampling(max_tokens=1, temperature=temperature), torch.device("cpu"))
    assert [sampler.choose(LOGITS_1V) for _ in range(20)] == [1] * 20


def test_a_seed_repeats_the_draws_and_follows_the_shares() -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(Sampling(max_tokens=1, temperature=2.0, seed=seed), torch.device("cpu"))
        return [sampler.choose(LOGITS_1V) for _ in range(4000)]

    first = drawn(3)
    assert first == drawn(3) != drawn(4)
    shares = torch.softmax(LOGITS_1V[0] / 2, dim=-1)
    for token, share in enumerate(shares.tolist()):
        assert abs(first.count(token) / 4000 - share) < 0.03


def test_a_bias_moves_the_choice() -> None:
    how = Sampling(max_tokens=1, temperature=0.0, logit_bias={3: 100.0, 1: -100.0})
    sampler = Sampler(how, torch.device("cpu"))
    assert sampler.choose(LOGITS_1V) == 2
