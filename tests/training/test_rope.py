"""Rotary embeddings that look at a row's longest position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from whet.errors import DataError
from whet.models.load import LoadedModel
from whet.rows.attention import row_attention
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.loop import train
from whet.training.optimizer import FlatParameters
from whet.training.settings import TrainSettings
from whet.training.step import step_gradient

Make = Callable[..., TokenSequence]
LIMIT = 128


def dynamic_model() -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=LIMIT,
        initializer_range=0.3,
        rope_parameters={"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
    )  # fmt: skip
    config._attn_implementation = "eager"
    return transformers.AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize("tokens", [4096, 100])
def test_dynamic_rope_sees_positions_and_not_the_length_of_a_row(
    tokens: int, make_sequence: Make
) -> None:
    rng = np.random.default_rng(0)
    prefix = tuple(rng.integers(1, 97, 60).tolist())
    step = [make_sequence(rng, int(n), 9, prefix) for n in (128, 100, 90, 80)]
    model = dynamic_model()
    flat = FlatParameters(list(model.named_parameters()))
    count = sum(sequence.num_loss_tokens for sequence in step)
    for sequence in step:
        ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
        learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
        logits = model(input_ids=ids, use_cache=False).logits[0, learnt - 1]
        loss = torch.nn.functional.cross_entropy(logits, ids[0, learnt], reduction="sum")
        (loss / count).backward()
    expected = flat.grads.clone()
    with row_attention(model):
        found = step_gradient(model, flat, step, tokens)
    assert found.executed_tokens > LIMIT
    assert float((flat.grads - expected).norm() / expected.norm()) < 1e-5


def test_dynamic_rope_beyond_its_length_is_refused(
    make_sequence: Make, as_examples: Callable[..., list[RenderedExample]], tmp_path: Path
) -> None:
    """There every length is turned differently, so no two sequences could meet in a row."""
    rows = as_examples([make_sequence(np.random.default_rng(0), LIMIT + 1, 9)])
    loaded = LoadedModel(
        dynamic_model(), None, "dynamic", Path("nowhere"), "dynamic", "", (2,), LIMIT
    )
    with pytest.raises(DataError, match="the limit is 128"):
        train(loaded, rows, [], replace(TrainSettings(), dtype="float32"), folder=tmp_path)
