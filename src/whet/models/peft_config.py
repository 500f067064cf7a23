"""PEFT's adapter_config.json: written for our layers, read from anyone's LoRA."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from whet.errors import ModelError
from whet.models.load import LoadedModel
from whet.models.lora_layer import BASES, LoraLinear

CONFIG = "adapter_config.json"
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "bias": ("none", None),
    "modules_to_save": (None, []),
    "lora_bias": (False, None),
    "trainable_token_indices": (None,),
    "layer_replication": (None,),
    "target_parameters": (None, []),
    "alora_invocation_tokens": (None,),
}


def peft_config(
    loaded: LoadedModel, modules: Mapping[str, LoraLinear], dropout: float
) -> dict[str, Any]:
    """PEFT's adapter_config.json; ranks and scales that differ go into its patterns."""
    ranks = {name: module.rank for name, module in modules.items()}
    alphas = {name: module.scale * module.rank for name, module in modules.items()}
    rank, alpha = next(iter(ranks.values())), next(iter(alphas.values()))
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": loaded.name,
        "revision": None,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": _plain_number(alpha),
        "lora_dropout": dropout,
        "use_rslora": False,
        "use_dora": any(m.lora_magnitude_vector is not None for m in modules.values()),
        "bias": "none",
        "fan_in_fan_out": any(module.transposed for module in modules.values()),
        "init_lora_weights": True,
        "modules_to_save": None,
        "rank_pattern": {n: r for n, r in ranks.items() if r != rank},
        "alpha_pattern": {n: _plain_number(a) for n, a in alphas.items() if a != alpha},
        "target_modules": _short_names(loaded.model, modules),
    }


def _plain_number(value: float) -> float | int:
    """PEFT types alpha as an integer; whole numbers are written as such."""
    nearest = round(value)
    return nearest if math.isclose(value, nearest, rel_tol=1e-12) else value


def _short_names(model: nn.Module, modules: Mapping[str, LoraLinear]) -> list[str]:
    """Last parts of the names where these mean exactly our layers, else the full names."""
    leaves = {name.rpartition(".")[2] for name in modules}
    meant = {
        name
        for name, module in model.named_modules()
        if name.rpartition(".")[2] in leaves and isinstance(module, (*BASES, LoraLinear))
    }
    return sorted(leaves if meant == set(modules) else modules)


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """PEFT's configuration of an adapter that can be used here.

    Raises:
        ModelError: no adapter, or one of a kind that is not supported (named).
    """
    path = folder / CONFIG
    if not path.is_file():
        raise ModelError(f"{folder} has no {CONFIG}, so it is no adapter.")
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None
    if config.get("peft_type") != "LORA":
        raise ModelError(f"{path}: is of type {config.get('peft_type')}; only LORA is supported.")
    for key, plain in UNSUPPORTED.items():
        if config.get(key) not in (*plain, None):
            raise ModelError(
                f"{path}: has {key}={config[key]!r}, which is not supported; merge the adapter "
                "into its base with PEFT (`merge_and_unload`) and use the result as a model."
            )
    return config


def lora_scale(config: Mapping[str, Any], name: str, rank: int) -> float:
    """Alpha / rank, or alpha / sqrt(rank), with PEFT's patterns for single layers."""
    alpha = float(_by_pattern(config.get("alpha_pattern"), name, config.get("lora_alpha", 8)))
    expected = _by_pattern(config.get("rank_pattern"), name, config.get("r", 8))
    if int(expected) != rank:
        raise ModelError(f"{name}: the adapter's config says rank {expected}, its tensors {rank}.")
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _by_pattern(pattern: Mapping[str, Any] | None, name: str, default: Any) -> Any:
    """PEFT's rule: a key is the end of a name, or a regular expression for it; the first counts.

    (Asking PEFT itself would import bitsandbytes, where that is installed; see `four_bit_kernel`.)
    """
    for key, value in (pattern or {}).items():
        if re.match(rf"(.*\.)?({key})$", name):
            return value
    return default
