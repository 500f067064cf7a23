"""Preference pairs and judged answers as token sequences, and models that have moved a little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from whet.models.lora import add_lora, lora_modules
from whet.rows.sequence import Part, RenderedExample, TokenSequence

Rows = list[RenderedExample]


def _sequence(tokens: list[int], num_prompt: int) -> TokenSequence:
    return TokenSequence.of(tokens, [i >= num_prompt for i in range(len(tokens))])


@pytest.fixture
def pairs() -> Rows:
    """Twelve pairs: prompts of their own and shared ones, answers that begin alike, a copy."""
    rng = np.random.default_rng(11)
    common = rng.integers(1, 97, 40).tolist()
    made = []
    for number in range(12):
        own = rng.integers(1, 97, int(rng.integers(3, 20))).tolist()
        prompt = common + own if number % 2 else own
        begin = rng.integers(1, 97, (number % 3) * 2).tolist()
        sides = [begin + rng.integers(1, 97, int(rng.integers(2, 15))).tolist() for _ in range(2)]
        sequences = tuple(_sequence(prompt + side, len(prompt)) for side in sides)
        made.append(
            RenderedExample(
                f"id{number}", f"file:{number}", sequences, (Part.CHOSEN, Part.REJECTED)
            )
        )
    return [*made[:-1], RenderedExample("copy", "file:12", made[3].sequences, made[3].parts)]


@pytest.fixture
def judged() -> Rows:
    """Ten judged answers, two of them to one prompt."""
    rng = np.random.default_rng(12)
    prompts = [rng.integers(1, 97, int(rng.integers(4, 40))).tolist() for _ in range(9)]
    made = []
    for number, prompt in enumerate([prompts[0], *prompts]):
        answer = rng.integers(1, 97, int(rng.integers(2, 12))).tolist()
        part = Part.UNDESIRABLE if number % 3 == 0 else Part.DESIRABLE
        sequences = (_sequence(prompt + answer, len(prompt)),)
        made.append(RenderedExample(f"id{number}", f"file:{number}", sequences, (part,)))
    return made


@pytest.fixture
def rows_for(pairs: Rows, judged: Rows, rows: Rows) -> Callable[[str], Rows]:
    """Rows of the kind that an objective learns from."""
    kinds = {"dpo": pairs, "orpo": pairs, "kto": judged}
    return lambda objective: kinds.get(objective, rows)


@pytest.fixture
def make_moved(make_model: Callable[..., Any]) -> Callable[..., Any]:
    """A model with an adapter that is no longer at its start."""

    def make(family: str, *, seed: int = 0, dtype: torch.dtype = torch.float32) -> Any:
        model = make_model(family, seed=seed, dtype=dtype)
        add_lora(model, rank=4, alpha=8)
        torch.manual_seed(1)
        for module in lora_modules(model).values():
            torch.nn.init.normal_(module.lora_B, std=0.1)
        return model

    return make
