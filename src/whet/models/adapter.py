"""Adapters in PEFT's file format: what is saved here loads there with equal logits, and back.

adapter/
adapter_config.json, adapter_model.safetensors      PEFT's names and shapes
whet.json                                           which base it fits, by digest; whether in NF4
tokenizer files, chat_template.jinja                what it was trained with
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from whet.errors import ModelError
from whet.models.files import check_safetensors, digest
from whet.models.four_bit import is_four_bit
from whet.models.load import FOUR_BITS, LoadedModel
from whet.models.lora import lora_modules, remove_lora, replace
from whet.models.lora_layer import BASES, Base, LoraLinear, features
from whet.models.peft_config import CONFIG, lora_scale, peft_config, read_adapter_config

PREFIX = "base_model.model."
WEIGHTS, ORIGIN = "adapter_model.safetensors", "whet.json"
MAGNITUDE = "lora_magnitude_vector"
FORMAT = 1


def save_adapter(loaded: LoadedModel, folder: Path, *, dropout: float = 0.0) -> None:
    """Writes the model's LoRA layers, its tokenizer and its template into `folder`.

    Raises:
        ModelError: the model has no LoRA layers, or one holds a value that is not finite.
    """
    from safetensors.torch import save_file

    modules = lora_modules(loaded.model)
    if not modules:
        raise ModelError("the model has no adapter to save.")
    tensors = {}
    for name, module in modules.items():
        tensors[f"{PREFIX}{name}.lora_A.weight"] = module.lora_A.detach().cpu().contiguous()
        tensors[f"{PREFIX}{name}.lora_B.weight"] = module.lora_B.detach().cpu().contiguous()
        if module.lora_magnitude_vector is not None:
            magnitude = module.lora_magnitude_vector.detach().cpu().contiguous()
            tensors[f"{PREFIX}{name}.{MAGNITUDE}"] = magnitude
    _refuse_not_finite(tensors, folder)
    folder.mkdir(parents=True, exist_ok=True)
    loaded.tokenizer.save_pretrained(folder)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    _write_json(folder / CONFIG, peft_config(loaded, modules, dropout))
    origin = {"format": FORMAT, "base": loaded.name, "base_identity": loaded.identity}
    _write_json(folder / ORIGIN, origin)


def load_adapter(loaded: LoadedModel, folder: Path) -> dict[str, Any]:
    """Puts an adapter, ours or anyone's LoRA in PEFT's format, on the model; returns its config.

    An adapter that is on the model already is taken off first.

    Raises:
        ModelError: not an adapter, one of a kind that is not supported here, made for another
            base, or with tensors that are missing, of a wrong shape or not finite.
    """
    config = read_adapter_config(folder)
    tensors = _read_tensors(folder)
    remove_lora(loaded.model)
    check_origin(folder, loaded.name, loaded.identity)
    layers = _layers(loaded.model, tensors, folder, bool(config.get("use_dora")))
    loaded.model.requires_grad_(False)
    for name, (base, a, b, magnitude) in layers.items():
        scale = lora_scale(config, name, a.shape[0])
        device = base.weight.device
        length = None if magnitude is None else magnitude.float().to(device)
        module = LoraLinear(
            base, a.float().to(device), b.float().to(device), scale, magnitude=length
        )
        replace(loaded.model, name, module.eval())
    return config


def was_trained_in_four_bits(folder: Path) -> bool:
    """Whether the adapter says that its base was in NF4; adapters of others do not say."""
    return FOUR_BITS in str(read_origin(folder).get("base_identity", ""))


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    if not path.is_file():
        pickled = (folder / "adapter_model.bin").is_file()
        hint = " It holds pickled weights, which are never opened." if pickled else ""
        raise ModelError(f"{folder} has no {WEIGHTS}.{hint}")
    check_safetensors(path)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    _refuse_not_finite(tensors, folder)
    return tensors


def _refuse_not_finite(tensors: Mapping[str, Tensor], folder: Path) -> None:
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(f"{folder}: {name} holds values that are not finite.")


def adapter_digest(folder: Path) -> str:
    """Digest of an adapter's configuration and tensors."""
    return digest(sorted(folder.glob("adapter_*")))


def read_origin(folder: Path) -> dict[str, Any]:
    """What the adapter says of its base; empty for one that was made elsewhere."""
    path = folder / ORIGIN
    if not path.is_file():
        return {}
    try:
        origin: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None
    if origin.get("format") != FORMAT:
        raise ModelError(f"{path}: has format {origin.get('format')}, this program {FORMAT}.")
    return origin


def check_origin(folder: Path, name: str, base: str) -> None:
    """Refuses an adapter that says of itself that it was trained on another base.

    Raises:
        ModelError: its base has another identity than `base`, which is that of the model `name`.
    """
    origin = read_origin(folder)
    identity = str(origin.get("base_identity", base))
    if identity == base:
        return
    if identity.removesuffix(FOUR_BITS) == base.removesuffix(FOUR_BITS):
        then, now = ("in 4 bits (NF4)", "as stored")[:: 1 if FOUR_BITS in identity else -1]
        raise ModelError(
            f"{folder}: was trained on {origin['base']} {then}, and here it is loaded {now}, so "
            f"answers would differ. Load it {then}, or add the adapter with PEFT if you mean to."
        )
    raise ModelError(
        f"{folder}: was trained on {origin['base']} ({identity}), not on "
        f"{name} ({base}): weights, tokenizer or template differ."
    )


Layer = tuple[Base, Tensor, Tensor, Tensor | None]


def fitting_layers(model: nn.Module, folder: Path, config: Mapping[str, Any]) -> dict[str, Layer]:
    """For each layer that an adapter changes the layer itself, A, B and magnitude (or None).

    The model's own weights are not looked at, so it may be without any (on `meta`).

    Raises:
        ModelError: tensors are missing, of a wrong shape or not finite, or the model has no such
            layers.
    """
    return _layers(model, _read_tensors(folder), folder, bool(config.get("use_dora")))


def _layers(
    model: nn.Module, tensors: Mapping[str, Tensor], folder: Path, dora: bool
) -> dict[str, Layer]:
    """For each adapted layer its base, A, B and magnitude, with all checked that can be wrong."""
    linear = {n: m for n, m in model.named_modules() if isinstance(m, BASES)}
    faults, found = [], {}
    for name in sorted({_layer_name(key) for key in tensors}):
        a = tensors.get(f"{PREFIX}{name}.lora_A.weight")
        b = tensors.get(f"{PREFIX}{name}.lora_B.weight")
        magnitude = tensors.get(f"{PREFIX}{name}.{MAGNITUDE}")
        base = linear.get(name)
        if a is None or b is None:
            faults.append(f"{name}: is no pair of lora_A and lora_B")
        elif base is None:
            faults.append(f"{name}: the model has no such linear layer")
        elif (fault := _misfit(features(base), a, b)) is not None:
            faults.append(f"{name}: {fault}")
        elif dora != (magnitude is not None):
            faults.append(f"{name}: use_dora={dora}, and a magnitude {'lacks' if dora else 'is'}")
        elif magnitude is not None and magnitude.shape != b.shape[:1]:
            faults.append(f"{name}: the magnitude is {tuple(magnitude.shape)}, B {tuple(b.shape)}")
        else:
            found[name] = (base, a, b, magnitude)
    if faults or not found:
        told = "; ".join(faults[:5]) + (f"; {len(faults) - 5} more" if len(faults) > 5 else "")
        raise ModelError(f"{folder}: the adapter does not fit this model: {told or 'it is empty'}.")
    return found


def _misfit(shape: tuple[int, int], a: Tensor, b: Tensor) -> str | None:
    """What is wrong with A [rank, in] and B [out, rank] for a layer [out, in]."""
    outputs, inputs = shape
    if a.dim() == 2 and b.shape == (outputs, a.shape[0]) and a.shape[1] == inputs:
        return None
    return f"A and B are {tuple(a.shape)} and {tuple(b.shape)}, the layer {shape}"


def _layer_name(key: str) -> str:
    name = key.removeprefix(PREFIX)
    for ending in (".lora_A.weight", ".lora_B.weight", f".{MAGNITUDE}"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save_model(
    loaded: LoadedModel, folder: Path, state: Mapping[str, Tensor] | None = None
) -> None:
    """Writes a fully trained (or merged) model with tokenizer, template and all stop tokens.

    `state` are its weights where they are not whole in the model itself (see `sharding`).

    Raises:
        ModelError: it still has LoRA layers (merge them first), or layers in NF4.
    """
    if lora_modules(loaded.model):
        raise ModelError("the model has an adapter; merge it before saving it as a model.")
    if is_four_bit(loaded.model):
        raise ModelError("the model has layers in 4 bits, which are not saved as a model.")
    folder.mkdir(parents=True, exist_ok=True)
    config = loaded.model.generation_config
    config.eos_token_id = list(loaded.stop_ids) if len(loaded.stop_ids) > 1 else loaded.stop_ids[0]
    loaded.model.save_pretrained(folder, **({"state_dict": dict(state)} if state else {}))
    loaded.tokenizer.save_pretrained(folder)
