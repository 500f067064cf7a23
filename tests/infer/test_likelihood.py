"""Scores and spelling over bare tokens, where the longest row turns the positions of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from tests.shared.tiny_models import configs
from whet.infer.likelihood import TokenCompleter

BOUND = 32
"""Up to here longrope turns by its short factors; one longer row turns its whole batch."""


@pytest.fixture(scope="module")
def model() -> Any:
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    config = configs()["phi3, longrope"]
    config.original_max_position_embeddings = BOUND
    config.rope_parameters["original_max_position_embeddings"] = BOUND
    config.initializer_range = 0.2
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def tokens(length: int, seed: int) -> tuple[int, ...]:
    drawn = torch.randint(3, 3000, (length,), generator=torch.Generator().manual_seed(seed))
    return tuple(drawn.tolist())


def plain_score(model: Any, context: Sequence[int], continuation: Sequence[int]) -> float:
    """As transformers alone has it: one row, one forward pass."""
    ids = torch.tensor([[*context, *continuation[:-1]]])
    with torch.inference_mode():
        logits = model(ids).logits[0, len(context) - 1 :].log_softmax(-1)
    return float(sum(logits[i, token] for i, token in enumerate(continuation)))


def test_scores_on_both_sides_of_a_longrope_border_are_those_of_each_pair_alone(
    model: Any,
) -> None:
    lengths = [(10, 3), (40, 2), (30, 2), (30, 8), (31, 2), (BOUND, 1), (70, 5)]
    pairs = [(tokens(a, i), tokens(b, 100 + i)) for i, (a, b) in enumerate(lengths)]
    pairs.append((pairs[2][0], tokens(9, 200)))  # one context, continuations on both sides
    completer = TokenCompleter(model, stop_ids=[2], decode=str)
    found = [scored.log_prob for scored in completer.log_probs(pairs)]
    assert found == pytest.approx([plain_score(model, *pair) for pair in pairs], abs=1e-3)


def test_spelt_answers_on_both_sides_of_a_longrope_border_are_those_of_each_prompt_alone(
    model: Any,
) -> None:
    prompts = [tokens(length, length) for length in (10, 20, 40)]
    completer = TokenCompleter(model, stop_ids=[2], decode=str)
    together = completer.spell(prompts, max_new_tokens=10)
    alone = [completer.spell([prompt], max_new_tokens=10)[0] for prompt in prompts]
    assert together == alone
