"""What llama.cpp must know of a model beside its weights: sizes, positions, windows, caps."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from whet.artifacts.gguf.families import Family, head_size, rope_of, window_period
from whet.artifacts.gguf.package import gguf_package
from whet.errors import ModelError


def add_parameters(writer: Any, config: Any, family: Family) -> list[str]:
    """Writes the parameters; what a user should know of them is returned.

    Raises:
        ModelError: a way of scaling positions that llama.cpp has in another form only.
    """
    context, notices = context_length(config, family)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(context)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if family.architecture != "phi3":
        writer.add_key_length(head_size(config))
        writer.add_value_length(head_size(config))
    _add_rope(writer, config)
    if family.has_windows:
        _add_windows(writer, config, family)
    return notices


def context_length(config: Any, family: Family) -> tuple[int, list[str]]:
    """The longest context in which llama.cpp computes what transformers does, and why."""
    longest = int(config.max_position_embeddings)
    window = getattr(config, "sliding_window", None)
    types = getattr(config, "layer_types", None)
    slides = "sliding_attention" in types if types else True
    if family.has_windows or not window or not slides or window >= longest:
        return longest, []
    return int(window), [
        f"the context is {window:,} tokens, not {longest:,}: the model looks back {window:,} "
        f"tokens, and llama.cpp runs {family.model_type} models without that window"
    ]


def _add_rope(writer: Any, config: Any) -> None:
    rope = rope_of(config)
    kind = rope.get("rope_type", "default")
    writer.add_rope_dimension_count(rotated(config))
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    types = gguf_package().RopeScalingType
    if kind == "linear":
        writer.add_rope_scaling_type(types.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    elif kind == "yarn":
        _add_yarn(writer, config, rope)
    elif kind == "longrope":
        writer.add_rope_scaling_type(types.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(int(rope["original_max_position_embeddings"]))
        writer.add_rope_scaling_attn_factors(float(_scaled(config)[1]))


def _add_yarn(writer: Any, config: Any, rope: dict[str, Any]) -> None:
    factor = float(rope["factor"])
    usual = 0.1 * math.log(factor) + 1.0 if factor > 1 else 1.0
    attention = float(_scaled(config)[1])
    if not math.isclose(attention, usual, rel_tol=1e-6) or rope.get("truncate") is False:
        raise ModelError(
            f"config.json: yarn with an attention factor of {attention:.6g} (usual: {usual:.6g}) "
            f"or truncate={rope.get('truncate')}; llama.cpp computes that otherwise."
        )
    writer.add_rope_scaling_type(gguf_package().RopeScalingType.YARN)
    writer.add_rope_scaling_factor(factor)
    writer.add_rope_scaling_orig_ctx_len(int(rope["original_max_position_embeddings"]))
    if rope.get("beta_fast") is not None:
        writer.add_rope_scaling_yarn_beta_fast(float(rope["beta_fast"]))
    if rope.get("beta_slow") is not None:
        writer.add_rope_scaling_yarn_beta_slow(float(rope["beta_slow"]))


def _add_windows(writer: Any, config: Any, family: Family) -> None:
    period = window_period(config)
    if period != 1:
        writer.add_sliding_window(int(config.sliding_window))
    if period != family.full_every:
        writer.add_sliding_window_pattern(period)
    if family.architecture == "gemma3" and period != 1:
        writer.add_rope_freq_base_swa(
            float(config.rope_parameters["sliding_attention"]["rope_theta"])
        )
    if config.attn_logit_softcapping is not None:
        writer.add_attn_logit_softcapping(float(config.attn_logit_softcapping))
    if config.final_logit_softcapping is not None:
        writer.add_final_logit_softcapping(float(config.final_logit_softcapping))


def rotated(config: Any) -> int:
    """How many of a head's numbers are rotated."""
    return int(head_size(config) * (rope_of(config).get("partial_rotary_factor") or 1.0))


def rope_tensors(config: Any) -> dict[str, Tensor]:
    """The factors by which single frequencies are slowed, under llama.cpp's names."""
    rope = rope_of(config)
    kind = rope.get("rope_type", "default")
    if kind == "llama3":
        half = torch.arange(0, rotated(config), 2, dtype=torch.float32) / rotated(config)
        plain = 1.0 / (float(rope["rope_theta"]) ** half)
        return {"rope_freqs.weight": plain / _scaled(config)[0]}
    if kind == "longrope":
        return {
            f"rope_factors_{reach}.weight": torch.tensor(
                rope[f"{reach}_factor"], dtype=torch.float32
            )
            for reach in ("long", "short")
        }
    return {}


def _scaled(config: Any) -> tuple[Tensor, float]:
    """The frequencies and the factor of attention that transformers computes with."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    frequencies, attention = ROPE_INIT_FUNCTIONS[rope_of(config)["rope_type"]](config, "cpu")
    return frequencies, attention
