"""bitsandbytes' kernel for reading NF4 on a GPU, and an import of it that fetches nothing.

On import bitsandbytes asks the package `kernels`, where there is one, for a kernel from the Hugging
Face hub, and complains on stderr where there is none (on CPUs with bfloat16 instructions). Neither
is wanted: a training run fetches nothing on its own, and that kernel is for generating on a CPU.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from functools import cache
from typing import Any

import torch
from torch import Tensor

from whet.models.nf4 import BLOCK, dequantize

FETCHING = "kernels"
COMPLAINT = "Failed to load CPU gemm_4bit_forward from kernels-community"


def import_bitsandbytes() -> Any:
    """bitsandbytes, imported without `kernels`; its complaint about that alone is not passed on.

    Raises:
        ImportError: it is not installed (`pip install 'whet[qlora]'`).
    """
    if "bitsandbytes" in sys.modules:
        return sys.modules["bitsandbytes"]
    logger = logging.getLogger("bitsandbytes.backends.cpu.ops")
    absent = object()
    before: Any = sys.modules.get(FETCHING, absent)
    sys.modules[FETCHING] = None  # type: ignore[assignment]  # makes `import kernels` fail
    logger.addFilter(_is_not_the_complaint)
    try:
        return importlib.import_module("bitsandbytes")
    finally:
        logger.removeFilter(_is_not_the_complaint)
        if before is absent:
            del sys.modules[FETCHING]
        else:
            sys.modules[FETCHING] = before


def _is_not_the_complaint(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(COMPLAINT)


@cache
def has_bitsandbytes() -> bool:
    """Whether it is installed."""
    return importlib.util.find_spec("bitsandbytes") is not None


def read_weight(
    codes: Tensor, scales: Tensor, shape: tuple[int, int], dtype: torch.dtype
) -> Tensor:
    """The weight in `dtype`: by bitsandbytes' kernel on a GPU that has it, else by PyTorch."""
    if codes.device.type != "cuda" or not has_bitsandbytes() or dtype == torch.float64:
        return dequantize(codes, scales, shape, dtype)
    import_bitsandbytes()
    weight: Tensor = torch.ops.bitsandbytes.dequantize_4bit.default(
        codes.view(-1, 1), scales, BLOCK, "nf4", shape, dtype
    )
    return weight
