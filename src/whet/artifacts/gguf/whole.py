"""A whole model as a GGUF file: by code here, or by a checkout of llama.cpp that is named."""

from __future__ import annotations

from pathlib import Path

from whet.artifacts.gguf.checkout import Checkout
from whet.artifacts.gguf.families import FAMILIES, model_config
from whet.artifacts.gguf.precision import PRECISIONS
from whet.artifacts.gguf.writer import write_built_in
from whet.artifacts.weights import Weights
from whet.errors import ModelError


def write_gguf(
    weights: Weights,
    file: Path,
    kind: str = "F32",
    *,
    name: str | None = None,
    llama_cpp: Path | None = None,
) -> tuple[str, ...]:
    """Writes a model as one GGUF file; what a user should know of it is returned, a line each.

    `kind` is F32, F16, BF16, Q8_0 or Q4_0, or with `llama_cpp` (a checkout with `llama-quantize`
    built) any that it knows. `name` is what programs show; the file's own name unless given.

    Raises:
        ModelError: a family, tokenizer or kind that is not written here; says what to do.
        OSError: the disk is full, or refuses otherwise.
    """
    name = name or file.stem
    known = model_config(weights.folder).model_type in FAMILIES
    if kind in PRECISIONS and (known or llama_cpp is None):
        return write_built_in(weights, file, PRECISIONS[kind], name)
    if llama_cpp is None:
        raise ModelError(
            f"{kind} is not written here; {', '.join(PRECISIONS)} are. For others name a checkout "
            "of llama.cpp, with its llama-quantize built, with --llama-cpp DIR."
        )
    return Checkout(llama_cpp).write(weights, file, kind, name, built_in=known)
