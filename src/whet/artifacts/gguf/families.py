"""The model families that are written here, and in what they and llama.cpp differ.

Llama, Mistral    the rows of q and k: llama.cpp turns neighbours, transformers the two halves;
                  llama3's slower frequencies become a tensor of factors
Qwen2, Qwen3      nothing
Gemma 2, Gemma 3  norms: transformers adds one to them when it runs; windows and caps are told
Phi-3             nothing (q, k and v in one, gate and up in one, in both); longrope's two tensors
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ModelError
from whet.models.files import read_config


@dataclass(frozen=True, slots=True)
class Family:
    """One family: transformers' `model_type` and llama.cpp's architecture.

    Attributes:
        ropes: the kinds of rotary scaling that both compute alike.
        permutes: the rows of q and k change their order.
        shifts_norms: norms are stored without the one that is added when they are used.
        has_windows: llama.cpp runs its sliding windows; elsewhere the context ends with the window.
        full_every: every how many layers attention is full, where llama.cpp assumes it.
        large_layers: number of layers by which llama.cpp knows the size whose attention is scaled
            by hidden size / heads, not by the head's own size.
    """

    model_type: str
    architecture: str
    ropes: tuple[str, ...] = ("default", "linear", "yarn")
    activation: str = "silu"
    permutes: bool = False
    shifts_norms: bool = False
    has_windows: bool = False
    full_every: int = 0
    large_layers: int = 0


_LLAMA_ROPES = ("default", "linear", "yarn", "llama3")
_GELU = "gelu_pytorch_tanh"
FAMILIES = {
    family.model_type: family
    for family in (
        Family("llama", "llama", _LLAMA_ROPES, permutes=True),
        Family("mistral", "llama", _LLAMA_ROPES, permutes=True),
        Family("qwen2", "qwen2"),
        Family("qwen3", "qwen3"),
        Family("phi3", "phi3", ("default", "longrope")),
        Family(
            "gemma2", "gemma2", ("default",), _GELU, shifts_norms=True, has_windows=True,
            full_every=2, large_layers=46,
        ),
        Family(
            "gemma3_text", "gemma3", ("default", "linear"), _GELU, shifts_norms=True,
            has_windows=True, full_every=6, large_layers=62,
        ),
    )
}  # fmt: skip
NAMES = "Llama, Mistral, Qwen2, Qwen3, Gemma 2, Gemma 3 (text) and Phi-3"


def model_config(folder: Path) -> Any:
    """The model's configuration as transformers reads it, defaults filled in.

    Raises:
        ModelError: missing, unreadable, or asking for code.
    """
    from transformers import AutoConfig

    read_config(folder)
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder}/config.json cannot be read: {reason}") from None


def family_of(config: Any) -> Family:
    """The family of a model, checked to be one that llama.cpp computes as transformers does.

    Raises:
        ModelError: another family, or a trait that llama.cpp has not; all of them are told.
    """
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise ModelError(
            f"model_type {config.model_type!r} is not written to GGUF here; {NAMES} are. Name a "
            "checkout of llama.cpp with --llama-cpp DIR and its own converter is used."
        )
    if faults := [*_shared_faults(config, family), *_gemma_faults(config, family)]:
        raise ModelError(
            f"llama.cpp does not compute this {config.model_type} model as transformers does: "
            + "; ".join(faults)
            + "."
        )
    return family


def head_size(config: Any) -> int:
    """The width of one attention head."""
    return int(
        getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    )


def rope_of(config: Any) -> dict[str, Any]:
    """The rotary parameters of full attention."""
    rope: dict[str, Any] = config.rope_parameters
    full: dict[str, Any] = rope.get("full_attention", rope)
    return full


def _shared_faults(config: Any, family: Family) -> list[str]:
    faults = []
    activation = getattr(config, "hidden_act", None) or config.hidden_activation
    if activation not in (family.activation, "swish" if family.activation == "silu" else _GELU):
        faults.append(f"its activation is {activation!r}, not {family.activation!r}")
    kind = rope_of(config).get("rope_type", "default")
    if kind not in family.ropes:
        faults.append(f"its positions are scaled by {kind!r} (known: {', '.join(family.ropes)})")
    partial = rope_of(config).get("partial_rotary_factor") or 1.0
    if partial != 1.0 and family.model_type != "phi3":
        faults.append(f"only {partial:.0%} of a head is rotated")
    if family.model_type == "phi3" and head_size(config) * config.num_attention_heads != (
        config.hidden_size
    ):
        faults.append("its heads together are not as wide as the model")
    return faults


def _gemma_faults(config: Any, family: Family) -> list[str]:
    if not family.has_windows:
        return []
    faults = []
    large = config.num_hidden_layers == family.large_layers
    scale = config.hidden_size // config.num_attention_heads if large else head_size(config)
    if config.query_pre_attn_scalar != scale:
        faults.append(f"query_pre_attn_scalar is {config.query_pre_attn_scalar}, not {scale}")
    if getattr(config, "use_bidirectional_attention", None):
        faults.append("its attention looks both ways")
    capped = config.attn_logit_softcapping
    if (family.architecture == "gemma2") != (capped is not None):
        faults.append(f"attn_logit_softcapping is {capped}")
    if family.architecture == "gemma2" and not config.tie_word_embeddings:
        faults.append("its output head is not its embedding")
    if window_period(config) is None:
        faults.append(f"its windows follow no fixed period ({_pattern(config.layer_types)})")
    return faults


def window_period(config: Any) -> int | None:
    """Every how many layers attention is full (0: never, 1: always); None: no number says it."""
    windows: list[bool] = [kind == "sliding_attention" for kind in config.layer_types]
    for period in (0, *range(1, len(windows) + 1)):
        if windows == [not period or layer % period < period - 1 for layer in range(len(windows))]:
            return int(period)
    return None


def _pattern(layer_types: Sequence[str]) -> str:
    return "".join(kind[:1] for kind in layer_types)
