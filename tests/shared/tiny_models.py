"""Tiny random models of each family, as folders, as weights, and as GGUF files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open
from torch import Tensor

from whet.models import nano

VOCABULARY = 3072
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
    "bos_token_id": None, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
WINDOW = 16
GEMMA = SIZES | {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": WINDOW}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
}  # fmt: skip
YARN = {
    "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
LONGROPE = {
    "rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 256,
    "short_factor": [1 + 0.1 * i for i in range(8)],
    "long_factor": [1 + 0.7 * i for i in range(8)],
}  # fmt: skip
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}


def configs() -> dict[str, Any]:
    """One configuration for each family and each of its traits."""
    t = transformers
    two_ropes = {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    }
    seven = GEMMA | {"num_hidden_layers": 7}
    every_other = ["sliding_attention", "full_attention", "sliding_attention"]
    long = SIZES | {"max_position_embeddings": 1024, "original_max_position_embeddings": 256}
    return {
        "llama": t.LlamaConfig(**SIZES),
        "llama, biases, wide heads, tied": t.LlamaConfig(
            **SIZES, attention_bias=True, mlp_bias=True, head_dim=32, tie_word_embeddings=True
        ),
        "llama3": t.LlamaConfig(**SIZES, rope_parameters=LLAMA3),
        "llama, yarn": t.LlamaConfig(**SIZES, rope_parameters=YARN),
        "llama, linear": t.LlamaConfig(**SIZES, rope_parameters=LINEAR),
        "mistral": t.MistralConfig(**SIZES, sliding_window=None),
        "qwen2": t.Qwen2Config(**SIZES),
        "qwen2, yarn, tied": t.Qwen2Config(
            **SIZES, rope_parameters=YARN, tie_word_embeddings=True
        ),
        "qwen3": t.Qwen3Config(**SIZES, head_dim=32),
        "phi3": t.Phi3Config(**SIZES),
        "phi3, partly rotated": t.Phi3Config(
            **SIZES,
            rope_parameters={
                "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
            },
        ),
        "phi3, longrope": t.Phi3Config(**long, rope_parameters=LONGROPE),
        "gemma2": t.Gemma2Config(**GEMMA),
        "gemma3": t.Gemma3TextConfig(**seven),
        "gemma3, two ropes": t.Gemma3TextConfig(**seven, rope_parameters=two_ropes),
        "gemma3, every other layer": t.Gemma3TextConfig(**GEMMA, layer_types=every_other),
    }  # fmt: skip


class FolderWeights:
    """A model's folder as `whet.artifacts.weights.Weights`; `changed` replaces single tensors."""

    def __init__(self, folder: Path, changed: dict[str, Tensor] | None = None) -> None:
        self.folder, self.changed = folder, changed or {}
        self._file: Any = safe_open(folder / "model.safetensors", "pt")

    def names(self) -> Iterator[str]:
        return iter(self._file.keys())

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._file.get_slice(name).get_shape())

    def tensor(self, name: str) -> Tensor:
        return self.changed[name] if name in self.changed else self._file.get_tensor(name)


def random_model(config: Any, *, scale: float = 0.3, seed: int = 0) -> Any:
    """A model with random matrices of this scale, and norms, biases of a fifth of one."""
    torch.manual_seed(seed)
    # float32: a configuration that was read from a folder of 16 bits would make 16 bits
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    unit_norms = not config.model_type.startswith("gemma")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            width = scale if parameter.ndim > 1 else 0.2
            parameter.copy_(torch.randn(parameter.shape) * width)
            parameter += 1.0 if "norm" in name and unit_norms else 0.0
    return model


def save_with_tokenizer(model: Any, folder: Path, tokenizer: Path | None = None) -> None:
    """Writes the model with a tokenizer's files beside it, whet-nano's unless another is named."""
    model.save_pretrained(folder)
    source = tokenizer or nano.folder()
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def reference_logprobs(model: Any, prompt: list[int], answer: list[int]) -> Any:
    """What an engine's `logprobs` are compared with."""
    with torch.no_grad():
        logits = model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 :]
    return logits.double().log_softmax(-1).numpy()
