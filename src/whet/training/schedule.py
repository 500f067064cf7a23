"""The learning rate at each step: a linear rise, then cosine, linear or constant."""

from __future__ import annotations

import math

from whet.training.settings import TrainSettings


def learning_rate(step: int, num_steps: int, settings: TrainSettings) -> float:
    """The rate of optimizer step `step`, counted from 0.

    It rises over the first `warmup_fraction` of the steps, the first step taking the first part of
    the rise (never a rate of zero, which would waste a step), then falls towards zero.
    """
    warmup = math.ceil(num_steps * settings.warmup_fraction)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, num_steps - warmup)
    if settings.schedule == "constant":
        return settings.learning_rate
    if settings.schedule == "linear":
        return settings.learning_rate * (1 - done)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
