"""Tiny random models of every family, in llama.cpp and in transformers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import (
    GEMMA,
    SIZES,
    VOCABULARY,
    FolderWeights,
    configs,
    random_model,
    reference_logprobs,
    save_with_tokenizer,
)
from torch import Tensor, nn
from transformers import Gemma2Config, MistralConfig

from whet.artifacts.gguf import write_gguf
from whet.engines.llama_cpp import LlamaCpp
from whet.errors import EndpointError

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.usefixtures("loopback")
LENGTHS = (1, 5, 40, 120)
AS_TRANSFORMERS = 5e-4
"""The largest difference of any log-probability that F32 may make."""
GEMMA_SCALE = 0.02
"""transformers' own; with larger embeddings llama.cpp's GELU shows, see the last test."""


@contextmanager
def in_llama_cpp(model: Any, folder: Path, context: int = 256) -> Iterator[LlamaCpp]:
    save_with_tokenizer(model, folder)
    write_gguf(FolderWeights(folder), folder / "model.gguf", "F32")
    engine = LlamaCpp(folder / "model.gguf", context=context, threads=1)
    try:
        yield engine
    finally:
        engine.close()


def sequences(*lengths: int) -> Iterator[tuple[list[int], list[int]]]:
    draw = random.Random(1)
    for length in lengths:
        yield draw.choices(range(3, VOCABULARY), k=length), draw.choices(range(3, VOCABULARY), k=3)


def difference(engine: LlamaCpp, model: Any, *lengths: int) -> float:
    return max(
        float(
            np.abs(
                engine.logprobs(prompt, answer) - reference_logprobs(model, prompt, answer)
            ).max()
        )
        for prompt, answer in sequences(*lengths)
    )


QUICK = (
    "llama3",
    "mistral",
    "qwen2, yarn, tied",
    "qwen3",
    "phi3, longrope",
    "gemma2",
    "gemma3, two ropes",
)


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in configs()],
)
def test_a_model_of_each_family_says_in_llama_cpp_what_it_says_in_transformers(
    name: str, tmp_path: Path
) -> None:
    config = configs()[name]
    scale = GEMMA_SCALE if config.model_type.startswith("gemma") else 0.3
    model = random_model(config, scale=scale)
    with in_llama_cpp(model, tmp_path) as engine:
        assert difference(engine, model, *LENGTHS) < AS_TRANSFORMERS


def test_windows_matter_at_these_lengths(tmp_path: Path) -> None:
    """Else the test above would not see a window that was lost."""
    model = random_model(Gemma2Config(**GEMMA), scale=GEMMA_SCALE)
    wide = random_model(Gemma2Config(**GEMMA | {"sliding_window": 256}), scale=GEMMA_SCALE)
    [(prompt, answer)] = sequences(120)
    parted = reference_logprobs(model, prompt, answer) - reference_logprobs(wide, prompt, answer)
    assert np.abs(parted).max() > 5 * AS_TRANSFORMERS


def test_longrope_takes_the_long_factors_in_a_long_context(tmp_path: Path) -> None:
    model = random_model(configs()["phi3, longrope"])
    with in_llama_cpp(model, tmp_path, context=1024) as engine:
        assert difference(engine, model, 300) < AS_TRANSFORMERS
        assert difference(engine, model, 40) > 1  # llama.cpp chooses by the context, not the prompt


def test_a_context_ends_with_a_window_that_llama_cpp_does_not_run(tmp_path: Path) -> None:
    model = random_model(MistralConfig(**SIZES, sliding_window=64))
    save_with_tokenizer(model, tmp_path)
    notices = write_gguf(FolderWeights(tmp_path), tmp_path / "model.gguf", "F32")
    assert any("the context is 64 tokens, not 256" in notice for notice in notices)
    engine = LlamaCpp(tmp_path / "model.gguf", threads=1)
    try:
        assert engine.facts().context == 64
        assert difference(engine, model, 60) < AS_TRANSFORMERS
        with pytest.raises(EndpointError, match="context"):
            engine.logprobs(list(range(3, 83)), [])
    finally:
        engine.close()


class TableGelu(nn.Module):
    """GELU as llama.cpp has it on a CPU: from a table of half floats."""

    def forward(self, x: Tensor) -> Tensor:
        read = nn.functional.gelu(x.half().float(), approximate="tanh").half().float()
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, read))


@pytest.mark.parametrize("name", ["gemma2", "gemma3, two ropes"])
def test_where_gemma_differs_by_more_the_cause_is_llama_cpps_table_of_half_floats(
    name: str, tmp_path: Path
) -> None:
    model = random_model(configs()[name], scale=0.07)
    with in_llama_cpp(model, tmp_path) as engine:
        with_exact_gelu = difference(engine, model, 5, 120)
        for layer in model.model.layers:
            layer.mlp.act_fn = TableGelu()
        assert difference(engine, model, *LENGTHS) < AS_TRANSFORMERS
    assert AS_TRANSFORMERS < with_exact_gelu < 5e-3
