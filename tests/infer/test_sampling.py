from __future__ import annotations

import numpy as np
import torch

from whet.infer.sampling import Sampler
from whet.types import Decoding, Message

PROMPTS: list[list[Message]] = [[{"role": "user", "content": str(i)}] for i in range(4000)]


def test_draws_follow_the_softmax_at_the_temperature() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0])
    sampler = Sampler(Decoding(temperature=2.0), PROMPTS, 1)
    drawn = sampler.choose(logits.expand(len(PROMPTS), 3), range(len(PROMPTS)), [0] * len(PROMPTS))
    shares = np.bincount(drawn.numpy(), minlength=3) / len(PROMPTS)
    expected = torch.softmax(logits / 2.0, dim=-1).numpy()
    np.testing.assert_allclose(shares, expected, atol=0.03)  # about four standard errors


def test_temperature_zero_takes_the_likeliest() -> None:
    sampler = Sampler(Decoding(), PROMPTS[:2], 1)
    chosen = sampler.choose(torch.tensor([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]]), [0, 1], [0, 0])
    assert chosen.tolist() == [1, 0]


def test_a_token_without_probability_is_never_drawn() -> None:
    logits = torch.tensor([-torch.inf, 0.0, -torch.inf]).expand(len(PROMPTS), 3)
    sampler = Sampler(Decoding(temperature=1.0), PROMPTS, 1)
    assert set(sampler.choose(logits, range(len(PROMPTS)), [0] * len(PROMPTS)).tolist()) == {1}
