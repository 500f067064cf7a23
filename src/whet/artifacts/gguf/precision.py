"""How the numbers of a GGUF file are held.

Norms, biases and factors of the positions are always F32, as llama.cpp's converter has them. Rows
that do not divide into a quantiser's blocks of 32 become F16, also as there. `llama-quantize` puts
the output head of a Q4_0 file into Q6_K, for which no encoder exists in Python; here it is Q8_0,
which is larger and closer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whet.artifacts.gguf.package import gguf_package
from whet.errors import ModelError

LARGEST_F16 = 65504.0


@dataclass(frozen=True, slots=True)
class Precision:
    """The GGML types of a file: of weight matrices, and of the head (or the embedding that is it).

    `file_type` is llama.cpp's name for the whole.
    """

    name: str
    matrices: str
    head: str
    file_type: str


PRECISIONS = {
    precision.name: precision
    for precision in (
        Precision("F32", "F32", "F32", "ALL_F32"),
        Precision("F16", "F16", "F16", "MOSTLY_F16"),
        Precision("BF16", "BF16", "BF16", "MOSTLY_BF16"),
        Precision("Q8_0", "Q8_0", "Q8_0", "MOSTLY_Q8_0"),
        Precision("Q4_0", "Q4_0", "Q8_0", "MOSTLY_Q4_0"),
    )
}


def fitting_type(wanted: str, shape: tuple[int, ...]) -> str:
    """The type that a tensor of this shape gets: F32 for vectors, F16 where blocks do not fit."""
    if len(shape) < 2:
        return "F32"
    block, _ = _sizes(wanted)
    return wanted if shape[-1] % block == 0 else "F16"


def num_bytes(shape: tuple[int, ...], kind: str) -> int:
    """The size of a tensor held in this type."""
    block, size = _sizes(kind)
    return prod(shape) // block * size


def encoded(tensor: Tensor, kind: str, name: str) -> NDArray[Any]:
    """The tensor in a GGML type, as the bytes that go into the file.

    Raises:
        ModelError: a value is not finite, or too large for F16.
    """
    gguf = gguf_package()
    values: NDArray[np.float32] = tensor.detach().to(torch.float32).contiguous().numpy()
    largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
    if not np.isfinite(largest):
        raise ModelError(f"{name}: holds values that are not finite, so it is not exported.")
    if kind == "F16" and largest > LARGEST_F16:
        raise ModelError(
            f"{name}: holds {largest:.4g}, and F16 ends at {LARGEST_F16:.0f}. Export BF16 or F32."
        )
    data: NDArray[Any] = gguf.quants.quantize(values, gguf.GGMLQuantizationType[kind])
    return data


def _sizes(kind: str) -> tuple[int, int]:
    gguf = gguf_package()
    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    return int(block), int(size)
