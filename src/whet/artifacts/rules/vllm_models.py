"""Of which models vLLM 0.33.0 takes adapters, and of which of their layers.

From the classes of `vllm/model_executor/models` that are `SupportsLoRA`, their
`packed_modules_mapping` and `embedding_modules`; the families that are common among fine-tuned
models, not all 115.
"""

from __future__ import annotations

ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj"})
GATED = frozenset({"gate_proj", "up_proj", "down_proj"})
LLAMA = ATTENTION | GATED
EMBEDDINGS = frozenset({"embed_tokens", "lm_head"})

WITH_LORA: dict[str, frozenset[str]] = {
    "LlamaForCausalLM": LLAMA | EMBEDDINGS,
    "MistralForCausalLM": LLAMA,
    "Qwen2ForCausalLM": LLAMA,
    "Qwen3ForCausalLM": LLAMA | EMBEDDINGS,
    "GemmaForCausalLM": LLAMA,
    "Gemma2ForCausalLM": LLAMA,
    "Gemma3ForCausalLM": LLAMA,
    "Phi3ForCausalLM": frozenset({"qkv_proj", "o_proj", "gate_up_proj", "down_proj"}) | EMBEDDINGS,
    "GraniteForCausalLM": LLAMA | EMBEDDINGS,
}
WITHOUT_LORA = frozenset(
    {
        "GPT2LMHeadModel",
        "GPTJForCausalLM",
        "FalconForCausalLM",
        "BloomForCausalLM",
        "StableLmForCausalLM",
    }
)


def linear_layers(architecture: str | None) -> frozenset[str] | None:
    """Last names of the layers that may be adapted; None: the model is not in this table."""
    return WITH_LORA.get(architecture or "")
