"""How far two engines' log-probabilities lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whet.engines.engine import Logprobs

LEAST = -80.0


@dataclass(slots=True)
class Apart:
    """Differences over all positions seen so far. `worst` is the prompt with the largest."""

    max_logit_diff: float = 0.0
    kl_sum: float = 0.0
    positions: int = 0
    worst: int = -1

    @property
    def kl(self) -> float | None:
        """Mean KL divergence of a position in nats; None before the first."""
        return self.kl_sum / self.positions if self.positions else None

    @property
    def largest(self) -> float | None:
        """The largest difference; None before the first position."""
        return self.max_logit_diff if self.positions else None

    def add(self, prompt: int, a: Logprobs, b: Logprobs) -> None:
        """Takes up one answer's positions."""
        largest, kl = difference(a, b)
        if largest > self.max_logit_diff or self.worst < 0 or not np.isfinite(largest):
            self.max_logit_diff, self.worst = largest, prompt
        self.kl_sum += kl
        self.positions += len(a)


def difference(a: Logprobs, b: Logprobs) -> tuple[float, float]:
    """The largest difference of a log-probability, and KL(a || b) summed over positions.

    What is less likely than e^-80 counts as that: float32 probabilities, which servers tell, end
    there. A value that is no number differs by infinity. Where one engine knows more tokens
    (padding of the vocabulary), those of both are compared. Both are made to sum to 1 in float64
    first: in float32 the last bits of the normaliser alone would be a KL of 1e-7.
    """
    shared = min(a.shape[1], b.shape[1])
    one, two = _normal(a[:, :shared]), _normal(b[:, :shared])
    if np.isnan(one).any() or np.isnan(two).any():
        return float("inf"), float("inf")
    one, two = np.maximum(one, LEAST), np.maximum(two, LEAST)
    kl = float((np.exp(one) * (one - two)).sum())
    return float(np.abs(one - two).max(initial=0.0)), max(0.0, kl)


def _normal(scores: Logprobs) -> NDArray[np.float64]:
    wide = scores.astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    normal: NDArray[np.float64] = wide - top - np.log(np.exp(wide - top).sum(axis=1, keepdims=True))
    return normal
