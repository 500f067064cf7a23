"""Adapters that servers take and refuse, written as files: the cases of both test files here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

PLAIN: dict[str, Any] = {
    "peft_type": "LORA",
    "r": 8,
    "lora_alpha": 16,
    "target_modules": ["q_proj", "v_proj"],
    "bias": "none",
    "use_dora": False,
    "use_rslora": False,
    "modules_to_save": None,
    "init_lora_weights": True,
}
LAYER = "base_model.model.model.layers.0.self_attn.q_proj"

ACCEPTED: dict[str, tuple[dict[str, Any], int]] = {
    "plain": ({}, 8),
    "rank 1": ({"r": 1}, 1),
    "rank 2": ({"r": 2}, 8),
    "rank 16": ({"r": 16}, 16),
    "rank 17": ({"r": 17}, 32),
    "rank 300": ({"r": 300}, 320),
    "rank 512": ({"r": 512}, 512),
    "rsLoRA": ({"use_rslora": True}, 8),
    "rank pattern": ({"rank_pattern": {"q_proj": 64}}, 64),
    "alpha pattern": ({"alpha_pattern": {"q_proj": 64}}, 8),
    "score saved": ({"modules_to_save": ["score"]}, 8),
    "gaussian start": ({"init_lora_weights": "gaussian"}, 8),
    "EVA start": ({"init_lora_weights": "eva"}, 8),
    "start false": ({"init_lora_weights": False}, 8),
    "one target as text": ({"target_modules": "q_proj"}, 8),
}
"""Name: what differs from `PLAIN`, and the smallest rank limit that fits."""

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "rank 513": ({"r": 513}, "rank"),
    "rank 0": ({"r": 0}, "rank"),
    "rank pattern 600": ({"rank_pattern": {"q_proj": 600}}, "rank"),
    "rank pattern 0": ({"rank_pattern": {"q_proj": 0}}, "rank"),
    "no rank": ({"r": None}, "required"),
    "no alpha": ({"lora_alpha": None}, "required"),
    "no targets": ({"target_modules": None}, "required"),
    "DoRA": ({"use_dora": True}, "use_dora"),
    "bias all": ({"bias": "all"}, "bias"),
    "bias lora_only": ({"bias": "lora_only"}, "bias"),
    "lora_bias": ({"lora_bias": True}, "lora_bias"),
    "aLoRA": ({"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens"),
    "layer replication": ({"layer_replication": [[0, 1]]}, "layer_replication"),
    "BD-LoRA": ({"use_bdlora": {"nblocks": 2}}, "use_bdlora"),
    "QALoRA": ({"use_qalora": True}, "use_qalora"),
    "PiSSA": ({"init_lora_weights": "pissa"}, "init_lora_weights"),
    "PiSSA, fast": ({"init_lora_weights": "pissa_niter_4"}, "init_lora_weights"),
    "OLoRA": ({"init_lora_weights": "olora"}, "init_lora_weights"),
    "CorDA": ({"init_lora_weights": "corda"}, "init_lora_weights"),
    "LoftQ": ({"init_lora_weights": "loftq"}, "init_lora_weights"),
    "lm_head saved": ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
    "embeddings saved": ({"modules_to_save": ["score", "embed_tokens"]}, "modules_to_save"),
}
"""Name: what differs from `PLAIN`, and the rule that speaks."""

TENSORS: dict[str, tuple[dict[str, tuple[int, ...]], str]] = {
    "DoRA's magnitude": ({f"{LAYER}.lora_magnitude_vector": (32,)}, "tensors"),
    "a bias": ({f"{LAYER}.lora_B.bias": (32,)}, "tensors"),
    "a whole layer": ({"base_model.model.lm_head.weight": (64, 32)}, "tensors"),
    "a layer that is none": (
        {
            "base_model.model.model.layers.0.mlp.router.lora_A.weight": (8, 32),
            "base_model.model.model.layers.0.mlp.router.lora_B.weight": (8, 8),
        },
        "target_modules",
    ),
    "an embedding of trained tokens": (
        {"base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta": (2, 32)},
        "tensors",
    ),
}
"""Name: tensors beside a plain pair, and the rule that speaks."""


def write_adapter(
    folder: Path, changes: dict[str, Any], tensors: dict[str, tuple[int, ...]] | None = None
) -> Path:
    """An adapter of one layer; a change to None leaves the key out."""
    folder.mkdir(parents=True)
    config = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    rank = (changes.get("rank_pattern") or {}).get("q_proj") or config.get("r") or 1
    shapes = {f"{LAYER}.lora_A.weight": (rank, 32), f"{LAYER}.lora_B.weight": (32, rank)}
    arrays = {n: np.ones(s, np.float32) for n, s in {**shapes, **(tensors or {})}.items()}
    save_file(arrays, folder / "adapter_model.safetensors")
    return folder


def write_all(root: Path) -> dict[str, Path]:
    """Every case as a folder, by name."""
    changed = {name: case[0] for name, case in (ACCEPTED | REFUSED).items()}
    made = {name: write_adapter(root / str(i), c) for i, (name, c) in enumerate(changed.items())}
    more = {
        name: write_adapter(root / f"t{i}", {}, tensors)
        for i, (name, (tensors, _)) in enumerate(TENSORS.items())
    }
    return {**made, **more}
