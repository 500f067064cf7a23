"""Tiny random models of nine families, and token sequences to train them on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from whet.models.load import LoadedModel
from whet.rows.sequence import RenderedExample, TokenSequence

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.3,
}
CONFIGS: dict[str, Callable[[], Any]] = {
    "llama": lambda: transformers.LlamaConfig(**SHAPE, tie_word_embeddings=True),
    "multi-head": lambda: transformers.LlamaConfig(
        **{**SHAPE, "num_key_value_heads": 4}, attention_bias=True, mlp_bias=True
    ),
    "mistral": lambda: transformers.MistralConfig(**SHAPE, sliding_window=7),
    "qwen2": lambda: transformers.Qwen2Config(**SHAPE),
    "qwen3": lambda: transformers.Qwen3Config(**SHAPE, head_dim=8),
    "gemma2": lambda: transformers.Gemma2Config(
        **SHAPE, head_dim=8, sliding_window=7, query_pre_attn_scalar=8, attn_logit_softcapping=2.0,
        final_logit_softcapping=3.0,
    ),
    "gemma3": lambda: transformers.Gemma3TextConfig(
        **SHAPE, head_dim=8, sliding_window=7, sliding_window_pattern=2, query_pre_attn_scalar=8
    ),
    "longrope": lambda: transformers.Phi3Config(
        **SHAPE, pad_token_id=0, original_max_position_embeddings=64,
        rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0] * 4,
            "long_factor": [4.0] * 4, "original_max_position_embeddings": 64,
        },
    ),
    "phi3": lambda: transformers.Phi3Config(**SHAPE, pad_token_id=0, sliding_window=9),
}  # fmt: skip


def _widen(config: Any) -> None:
    """Makes every layer's input a multiple of 64 wide.

    bitsandbytes 0.50.2 reads weights of other even widths wrongly on a CPU with AVX-512.
    """
    config.hidden_size, config.intermediate_size, config.head_dim = 64, 128, 16
    config.initializer_range = 0.2
    for key in ("short_factor", "long_factor"):
        if key in config.rope_parameters:
            config.rope_parameters[key] = config.rope_parameters[key] * 2


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def make_model() -> Callable[..., Any]:
    """A random model of a family, in evaluation mode, the same one for the same seed."""

    def make(
        family: str, *, seed: int = 0, dtype: torch.dtype = torch.float32, wide: bool = False
    ) -> Any:
        torch.manual_seed(seed)
        config = copy.deepcopy(CONFIGS[family]())  # from_config changes what it is given
        if wide:
            _widen(config)
        config._attn_implementation = "eager"
        return transformers.AutoModelForCausalLM.from_config(config).to(dtype).eval()

    return make


@pytest.fixture(params=sorted(CONFIGS))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_sequence() -> Callable[..., TokenSequence]:
    """Random tokens after a given prefix, of which a given number at the end are trained."""

    def make(
        rng: np.random.Generator, length: int, num_trained: int, prefix: tuple[int, ...] = ()
    ) -> TokenSequence:
        tokens = [*prefix, *rng.integers(1, 97, length - len(prefix)).tolist()]
        return TokenSequence.of(tokens, [i >= length - num_trained for i in range(length)])

    return make


@pytest.fixture
def as_examples() -> Callable[[list[TokenSequence]], list[RenderedExample]]:
    """Each sequence as an example of its own."""
    return lambda sequences: [
        RenderedExample(f"id{i}", f"file:{i + 1}", (sequence,))
        for i, sequence in enumerate(sequences)
    ]


@pytest.fixture
def make_loaded(make_model: Callable[..., Any]) -> Callable[..., LoadedModel]:
    """A random model as training takes it; it has no tokenizer, since nothing is rendered."""

    def make(family: str = "llama", *, seed: int = 0) -> LoadedModel:
        return LoadedModel(
            model=make_model(family, seed=seed),
            tokenizer=None,
            name=f"tiny-{family}",
            folder=Path("nowhere"),
            identity=f"{family}-{seed}",
            template="",
            stop_ids=(2,),
            max_positions=512,
        )

    return make


@pytest.fixture
def rows(
    make_sequence: Callable[..., TokenSequence],
    as_examples: Callable[[list[TokenSequence]], list[RenderedExample]],
) -> list[RenderedExample]:
    """Twenty examples of lengths 8 to 40."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(8, 40, 20)
    return as_examples([make_sequence(rng, int(n), int(n) // 3) for n in lengths])


class Recorder:
    """Progress that remembers what was said and stops when told to, after so many questions."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.said: list[str] = []
        self.asked = 0
        self.stop_after = stop_after

    def say(self, text: str) -> None:
        self.said.append(text)

    def advance(self, task: str, done: int, total: int) -> None:
        self.last = (task, done, total)

    def should_stop(self) -> bool:
        self.asked += 1
        return self.stop_after is not None and self.asked > self.stop_after


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder
