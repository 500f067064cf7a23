"""A LoRA adapter as a GGUF file, to be put on a GGUF of its base when that is loaded.

    llama.cpp    W x + (alpha / rank) B A x        one alpha for all layers
    PEFT         W x + scale_l B A x               scale_l by layer, alpha / sqrt(rank) with rsLoRA

So alpha is written as scale times rank of the first layer, which for rsLoRA is alpha sqrt(rank),
and where another layer's product differs the quotient goes into its B. llama.cpp's own converter
ignores rsLoRA and patterns and mis-scales such adapters.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from whet.artifacts.gguf.families import family_of, model_config
from whet.artifacts.gguf.package import gguf_package, whole_file
from whet.artifacts.gguf.precision import encoded
from whet.artifacts.gguf.tensors import Naming, permuted
from whet.errors import ModelError
from whet.models.files import check_safetensors
from whet.models.peft_config import lora_scale, read_adapter_config

WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
ADVICE = "Merge it instead: whet export --to gguf writes base and adapter as one model."


def write_gguf_adapter(adapter: Path, base: Path, file: Path) -> None:
    """Writes the adapter as a GGUF file in F32; `base` is the folder of its base model.

    Raises:
        ModelError: an adapter that llama.cpp cannot apply: DoRA, an embedding, a head that is the
            embedding, or another base's.
        OSError: the disk is full, or refuses otherwise.
    """
    gguf = gguf_package()
    settings = read_adapter_config(adapter)
    config = model_config(base)
    family = family_of(config)
    pairs = _pairs(adapter, settings)
    naming = Naming(config, family)
    _check_layers(pairs, naming, config, adapter)
    scales = {layer: lora_scale(settings, layer, a.shape[0]) for layer, (a, _) in pairs.items()}
    products = {layer: scale * pairs[layer][0].shape[0] for layer, scale in scales.items()}
    alpha = next((product for product in products.values() if product), 1.0)
    writer = gguf.GGUFWriter(None, family.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    writer.add_name(file.stem)
    for layer, (a, b) in pairs.items():
        source = f"{layer}.weight"
        name, heads = naming.name(source), naming.permuted_heads(source)
        b = b.to(torch.float32) * (products[layer] / alpha)
        b = permuted(b, heads) if heads else b
        writer.add_tensor(f"{name}.lora_a", encoded(a, "F32", source))
        writer.add_tensor(f"{name}.lora_b", encoded(b, "F32", source))
    with whole_file(writer, file) as part:
        writer.write_header_to_file(part)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _pairs(adapter: Path, settings: Mapping[str, Any]) -> dict[str, tuple[Tensor, Tensor]]:
    """A and B of each layer, by the layer's name in the base."""
    from safetensors.torch import load_file

    if settings.get("use_dora"):
        raise ModelError(f"{adapter}: is a DoRA, which llama.cpp cannot apply. {ADVICE}")
    if settings.get("fan_in_fan_out"):
        raise ModelError(f"{adapter}: fits transposed layers (fan_in_fan_out), of no family here.")
    file = adapter / WEIGHTS
    if not file.is_file():
        raise ModelError(f"{adapter} has no {WEIGHTS}.")
    check_safetensors(file)
    halves: dict[str, dict[str, Tensor]] = {}
    for name, tensor in load_file(file).items():
        layer, dot, half = name.removeprefix(PREFIX).partition(".lora_")
        if not dot or half not in ("A.weight", "B.weight"):
            raise ModelError(f"{file}: llama.cpp has no place for {name}. {ADVICE}")
        halves.setdefault(layer, {})[half[0]] = tensor
    if broken := [layer for layer, pair in halves.items() if len(pair) != 2]:
        raise ModelError(f"{file}: {broken[0]} has only one of lora_A and lora_B.")
    if not halves:
        raise ModelError(f"{file}: holds no layers.")
    return {layer: (pair["A"], pair["B"]) for layer, pair in halves.items()}


def _check_layers(
    pairs: Mapping[str, tuple[Tensor, Tensor]], naming: Naming, config: Any, adapter: Path
) -> None:
    """Every layer is one of the base's, of its size."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        bones = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    layers = dict(bones.named_modules())
    for layer, (a, b) in pairs.items():
        weight = getattr(layers.get(layer), "weight", None)
        if weight is None:
            raise ModelError(f"{adapter}: {layer} is no layer of the base; it fits another model.")
        if (b.shape[0], a.shape[1]) != tuple(weight.shape) or a.shape[0] != b.shape[1]:
            raise ModelError(
                f"{adapter}: {layer} is {tuple(weight.shape)} in the base, but the adapter has "
                f"B {tuple(b.shape)} and A {tuple(a.shape)}; it fits another model."
            )
        if layer == "lm_head" and config.tie_word_embeddings:
            raise ModelError(
                f"{adapter}: changes the output head, which in this base is the embedding; "
                f"llama.cpp would change both or neither. {ADVICE}"
            )
        naming.name(f"{layer}.weight")
