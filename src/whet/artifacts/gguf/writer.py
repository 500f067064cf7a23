"""A model's weights and tokenizer as one GGUF file, a tensor at a time.

weights ──► names, shapes, types ──► header, parameters, tokenizer ──► each tensor, changed and
            (planned first)                                            encoded when its turn comes
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whet.artifacts.gguf.families import family_of, model_config
from whet.artifacts.gguf.package import gguf_package, whole_file
from whet.artifacts.gguf.parameters import add_parameters, rope_tensors
from whet.artifacts.gguf.precision import Precision, encoded, num_bytes
from whet.artifacts.gguf.special import add_special, read_special
from whet.artifacts.gguf.tensors import Naming, PlannedTensor, planned_tensors
from whet.artifacts.gguf.tokenizer import read_vocabulary
from whet.artifacts.gguf.vocabulary import Vocabulary
from whet.artifacts.weights import Weights
from whet.errors import ModelError


def write_built_in(
    weights: Weights, file: Path, precision: Precision, name: str
) -> tuple[str, ...]:
    """Writes a GGUF file; what a user should know of it is returned.

    The file appears under its name when it is whole. Memory: one tensor, in float32 and encoded.

    Raises:
        ModelError: a model that llama.cpp would run otherwise than transformers; says why.
        OSError: the disk is full, or refuses otherwise.
    """
    gguf = gguf_package()
    config = model_config(weights.folder)
    family = family_of(config)
    special = read_special(weights.folder, config)
    vocabulary = read_vocabulary(
        weights.folder, config.vocab_size, begins_special=special.begins_special
    )
    naming = Naming(config, family)
    planned = planned_tensors(weights, config, naming, precision)
    writer = gguf.GGUFWriter(None, family.architecture)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(_fitting_name(name, vocabulary))
    notices = add_parameters(writer, config, family)
    writer.add_file_type(getattr(gguf.LlamaFileType, precision.file_type))
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_vocabulary(writer, vocabulary)
    add_special(writer, special)
    with whole_file(writer, file) as part:
        _write(writer, part, weights, config, naming, planned)
    return (*notices, *vocabulary.notices, *special.notices, *_fallbacks(planned, precision))


def _write(
    writer: Any,
    part: Path,
    weights: Weights,
    config: Any,
    naming: Naming,
    planned: list[PlannedTensor],
) -> None:
    factors = rope_tensors(config)
    for name, tensor in factors.items():
        _announce(writer, name, tuple(tensor.shape), "F32")
    for one in planned:
        _announce(writer, one.name, one.shape, one.kind)
    writer.write_header_to_file(part)
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, tensor in factors.items():
        writer.write_tensor_data(encoded(tensor, "F32", name))
    for one in planned:
        tensor = naming.changed(one.source, weights.tensor(one.source))
        if tuple(tensor.shape) != one.shape:
            raise ModelError(f"{one.source}: has shape {tuple(tensor.shape)}, not {one.shape}.")
        writer.write_tensor_data(encoded(tensor, one.kind, one.source))


def _announce(writer: Any, name: str, shape: tuple[int, ...], kind: str) -> None:
    gguf = gguf_package()
    writer.add_tensor_info(
        name,
        shape,
        None,
        num_bytes(shape, kind),
        raw_dtype=gguf.GGMLQuantizationType[kind],
    )


def _add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.merges:
        writer.add_token_merges(vocabulary.merges)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
    if vocabulary.blank_first is not None:
        writer.add_add_space_prefix(vocabulary.blank_first)


def _fitting_name(name: str, vocabulary: Vocabulary) -> str:
    """The name, which says phi-3 exactly where llama.cpp has to read that from it."""
    for spelling in ("phi-3", "phi3"):
        at = name.lower().find(spelling)
        if at >= 0 and vocabulary.name_must_say is None:
            name = f"{name[: at + 3]} 3{name[at + len(spelling) :]}"
    if vocabulary.name_must_say and vocabulary.name_must_say not in name.lower():
        return f"{name} ({vocabulary.name_must_say})"
    return name


def _fallbacks(planned: list[PlannedTensor], precision: Precision) -> list[str]:
    fallen = [
        one.name
        for one in planned
        if one.kind == "F16" and precision.name in ("Q8_0", "Q4_0") and len(one.shape) > 1
    ]
    if not fallen:
        return []
    return [
        f"{len(fallen)} matrices ({fallen[0]}, ...) are F16, not {precision.name}: their rows do "
        "not divide into blocks of 32"
    ]
