"""Linear layers whose weight a model takes past the layer itself.

State-space kernels are handed `dt_proj.weight` and the like, so what stands in the layer's place is
never asked: an adapter there would do nothing, and a weight in 4 bits would not be understood. (By
the model files of transformers 5.23; PEFT refuses `out_proj` of most of them as well.)
"""

from __future__ import annotations

from typing import Any

LEAVES = {
    "mamba": ("dt_proj", "out_proj", "x_proj"),
    "falcon_mamba": ("dt_proj", "out_proj", "x_proj"),
    "jamba": ("dt_proj",),
    **dict.fromkeys(
        ("mamba2", "bamba", "falcon_h1", "granitemoehybrid", "nemotron_h", "zamba2"), ("out_proj",)
    ),
}


def is_bypassed(model: Any, name: str) -> bool:
    """Whether the layer of that name is one of them."""
    kind = getattr(getattr(model, "config", None), "model_type", "")
    return name.rpartition(".")[2] in LEAVES.get(kind, ())
