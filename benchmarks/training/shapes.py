"""Shapes of the models: random weights from a config, as speed and memory ask for no others."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, Any] = {
    "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 8,
    "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 50257,
    "tie_word_embeddings": True, "max_position_embeddings": 4096,
}  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    "50M": SMALL,
    "tiny": {**SMALL, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2},
    # SmolLM2-135M, Qwen2.5-0.5B, Llama-3.2-1B, Llama-3.1-8B, as their configs have them.
    "135M": {
        "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
        "tie_word_embeddings": True, "max_position_embeddings": 8192,
    },
    "0.5B": {
        "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
        "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151936,
        "tie_word_embeddings": True, "max_position_embeddings": 131072,
    },
    "1B": {
        "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "head_dim": 64, "tie_word_embeddings": True, "max_position_embeddings": 131072,
    },
    "8B": {
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "tie_word_embeddings": False, "max_position_embeddings": 131072,
    },
}  # fmt: skip


def config(shape: str) -> Any:
    """A Llama configuration of that shape."""
    from transformers import LlamaConfig

    return LlamaConfig(**SHAPES[shape], bos_token_id=None, eos_token_id=0, pad_token_id=0)


def random_model(shape: str, dtype: Any, device: str) -> Any:
    """The model of that shape with the same random weights on every call.

    On a CPU they are drawn in float32, so that every dtype has the same ones, rounded; on a GPU in
    `dtype`, since the largest shape would not fit a small one otherwise.
    """
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    with torch.device(device):
        drawn = torch.float32 if device == "cpu" else dtype
        model = AutoModelForCausalLM.from_config(config(shape), dtype=drawn)
    return model.to(dtype).eval() if device == "cpu" else model.eval()
