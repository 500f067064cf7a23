"""The next token: the likeliest, or one drawn from the softmax by the item's own numbers.

A draw depends on the decoding's seed and on the prompt alone. Neither the order of the items nor
what shares their batch changes it. The model's own generation settings (repetition penalty,
top-p and the like) are not applied: all arms of a comparison decode alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from whet.types import Decoding, Messages, content_id


class Sampler:
    """Chooses tokens for the rows of a batch."""

    def __init__(self, decoding: Decoding, prompts: Sequence[Messages], num_tokens: int) -> None:
        self.temperature = decoding.temperature
        self._draws: np.ndarray | None = None
        if self.temperature > 0:
            rows = [_uniform(decoding.seed, prompt, num_tokens) for prompt in prompts]
            self._draws = np.stack(rows)

    def choose(self, logits_BV: Tensor, rows: Sequence[int], steps: Sequence[int]) -> Tensor:
        """Token ids [B] for these rows, of which each has so many tokens already."""
        if self._draws is None:
            return logits_BV.argmax(dim=-1)
        share_BV = torch.softmax(logits_BV.double() / self.temperature, dim=-1).cumsum(dim=-1)
        drawn_B1 = torch.from_numpy(self._draws[list(rows), list(steps)])[:, None].to(
            share_BV.device
        )
        index_B1 = torch.searchsorted(share_BV, drawn_B1 * share_BV[:, -1:], right=True)
        return index_B1[:, 0].clamp_(max=share_BV.shape[-1] - 1)


def _uniform(seed: int, prompt: Messages, count: int) -> np.ndarray:
    digest = hashlib.sha256(f"{seed}:{content_id(list(prompt))}".encode()).digest()
    key = int.from_bytes(digest[:16], "big")
    return np.random.Generator(np.random.Philox(key=key)).random(count)
