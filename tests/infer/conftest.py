"""A byte-level tokenizer with a chat template, and tiny random models of several architectures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

TEMPLATE = (
    "<s>{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
    "{% if m.role == 'assistant' %}</s>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Every byte is a token, and a few pairs are merged."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("c", "a"), ("ca", "r"), ("car", "d"), ("r", "e")]
    vocab = {sign: i for i, sign in enumerate([*SPECIAL, *alphabet, *("".join(m) for m in merges)])}
    core = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(SPECIAL)
    made = PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="</s>")
    made.chat_template = TEMPLATE
    return made


SIZES: dict[str, Any] = {
    "vocab_size": 265,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": None,
}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {"sliding_window": 8},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "gemma2": {"head_dim": 8, "sliding_window": 8, "query_pre_attn_scalar": 8},
    "gemma3_text": {"head_dim": 8, "sliding_window": 8, "query_pre_attn_scalar": 8},
    "phi3": {},
    "gpt2": {},
}


@pytest.fixture(scope="session")
def make_model() -> Callable[[str], Any]:
    """A tiny random model by the name of its architecture, in float32."""
    from transformers import AutoConfig, AutoModelForCausalLM

    def make(name: str) -> Any:
        torch.manual_seed(0)
        sizes = SIZES | ARCHITECTURES[name]
        if name == "gpt2":
            names = {"hidden_size": "n_embd", "num_hidden_layers": "n_layer"}
            names |= {"num_attention_heads": "n_head", "max_position_embeddings": "n_positions"}
            sizes = {names.get(key, key): value for key, value in sizes.items()}
        config = AutoConfig.for_model(name, **sizes)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()

    return make
