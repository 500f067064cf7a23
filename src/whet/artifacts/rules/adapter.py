"""An adapter as servers look at it: its configuration, and its tensors' names and shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.config import TrainConfig
from whet.errors import ModelError
from whet.models.files import check_safetensors

CONFIG, WEIGHTS, ORIGIN = "adapter_config.json", "adapter_model.safetensors", "whet.json"
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """What of an adapter decides whether a server takes it.

    Attributes:
        config: PEFT's adapter_config.json.
        shapes: of the tensors by name; None before training.
        architecture: of the base, as its config.json says (`LlamaForCausalLM`); None: unknown.
        four_bit: it was trained and judged on a base in NF4.
    """

    config: Mapping[str, Any]
    shapes: Shapes | None = None
    architecture: str | None = None
    four_bit: bool = False

    @property
    def ranks(self) -> tuple[Any, ...]:
        """Every rank that the configuration names, the general one first."""
        return (self.config.get("r"), *(self.config.get("rank_pattern") or {}).values())


def read_adapter(folder: Path, architecture: str | None = None) -> Adapter:
    """An adapter's configuration and shapes, without its numbers.

    Raises:
        ModelError: no adapter in PEFT's format, pickled weights, or a file that is cut off.
    """
    from safetensors import SafetensorError, safe_open

    config = _read_json(folder / CONFIG)
    path = folder / WEIGHTS
    if not path.is_file():
        pickled = sorted(p.name for p in folder.glob("adapter_model.*"))
        hint = f" {pickled[0]} may be a pickle, which is never opened." if pickled else ""
        raise ModelError(f"{folder} has no {WEIGHTS}.{hint}")
    check_safetensors(path)
    try:
        with safe_open(path, framework="np") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    origin = _read_json(folder / ORIGIN) if (folder / ORIGIN).is_file() else {}
    four_bit = str(origin.get("base_identity", "")).endswith("-nf4")
    return Adapter(config, shapes, architecture, four_bit)


def planned_adapter(train: TrainConfig, architecture: str | None = None) -> Adapter:
    """The adapter that a configuration will train."""
    config = {
        "peft_type": "LORA",
        "r": train.rank,
        "lora_alpha": train.alpha,
        "use_rslora": train.rslora,
        "use_dora": train.dora,
        "bias": "none",
        "target_modules": list(train.target_modules),
    }
    return Adapter(config, None, architecture, train.method == "qlora")


def architecture_of(base: Path) -> str | None:
    """The class of a base model, as its config.json says."""
    named = _read_json(base / "config.json").get("architectures")
    return str(named[0]) if named else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: is no JSON object.")
    return value
