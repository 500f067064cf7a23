"""What the engine measures and chooses for itself, once per run: dtype, micro-batch, threads.

The choices are part of the result and of every checkpoint, and a resumed run takes them from
there: measuring again could choose otherwise, and then the runs would differ.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from whet.errors import TrainingError
from whet.models.load import DTYPES
from whet.training.settings import TrainSettings

WORTHWHILE = 1.15
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names and numbers of glibc's malloc.h
CPU_TOKENS = (512, 4096)
GPU_TOKENS = (1024, 32768)


@dataclass(frozen=True, slots=True)
class Choices:
    """How this run computes. `reason` says why the dtype was chosen."""

    dtype: str
    tokens_per_micro_batch: int
    num_threads: int
    device: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def choose(model: Any, settings: TrainSettings, device: str | None = None) -> Choices:
    """The settings where they decide, a measurement where they say auto.

    `device` is where the model will be, if it is not there yet.

    Raises:
        TrainingError: float16 on a CPU, where it is useless.
    """
    device = device or model.device.type
    if settings.dtype == "float16" and device == "cpu":
        raise TrainingError(
            "train.dtype=float16 on a CPU is many times slower than float32; use auto."
        )
    dtype, reason = str(settings.dtype), "as set"
    if dtype == "auto":
        dtype, reason = _measured_dtype(model) if device == "cpu" else _gpu_dtype()
    tokens = settings.tokens_per_micro_batch or _affordable_tokens(
        model, DTYPES[dtype].itemsize, device
    )
    return Choices(dtype, tokens, torch.get_num_threads(), device, reason)


def apply(choices: Choices, model: Any) -> None:
    """Sets threads and dtype."""
    torch.set_num_threads(choices.num_threads)
    if choices.device == "cpu":
        _keep_freed_memory()
    if model.dtype != DTYPES[choices.dtype]:
        trained = {n: p for n, p in model.named_parameters() if n.endswith(("lora_A", "lora_B"))}
        masters = {n: p.data for n, p in trained.items()}
        model.to(DTYPES[choices.dtype])
        for name, parameter in trained.items():
            parameter.data = masters[name]


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Denormal numbers count as zero, as they cost a hundredfold on a CPU; put back afterwards."""
    was_flushing = float(torch.tensor(5e-324, dtype=torch.float64) * 1) == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushing)


def _keep_freed_memory() -> None:
    """Tells glibc to keep freed blocks of up to 32 MB for the next step instead of unmapping them.

    Each step allocates the same activations again; fetching their pages anew costs 3 to 18 % of a
    step of a small model. Elsewhere (macOS, musl) nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option, value in ((M_MMAP_THRESHOLD, 32 * 2**20), (M_TRIM_THRESHOLD, 2**31 - 1)):
            mallopt(option, value)


def _measured_dtype(model: Any) -> tuple[str, str]:
    """bfloat16 if the model's largest layer is clearly faster in it, by the median of repeats."""
    layers = [m for m in model.modules() if isinstance(getattr(m, "weight", None), nn.Parameter)]
    shapes = [m.weight.shape for m in layers if m.weight.dim() == 2]
    rows, columns = max(shapes[1:] or shapes, key=lambda s: min(s[0], 8192) * s[1])
    milliseconds = {}
    for name in ("float32", "bfloat16"):
        weight = torch.ones(min(rows, 8192), columns, dtype=DTYPES[name])
        x = torch.ones(512, columns, dtype=DTYPES[name])
        milliseconds[name] = _median_ms(weight, x)
    fast, slow = milliseconds["bfloat16"], milliseconds["float32"]
    chosen = "bfloat16" if slow > WORTHWHILE * fast else "float32"
    return chosen, f"measured: float32 {slow:.1f} ms, bfloat16 {fast:.1f} ms a product"


def _median_ms(weight: torch.Tensor, x: torch.Tensor) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        (x @ weight.t()) @ weight
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[2:])


def _gpu_dtype() -> tuple[str, str]:
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return "bfloat16", "native on this GPU"
    return "float16", "this GPU has no bfloat16"


def _affordable_tokens(model: Any, itemsize: int, device: str) -> int:
    """Tokens whose activations take at most two fifths of the free memory, within bounds."""
    config = model.config
    inner = getattr(config, "intermediate_size", 4 * config.hidden_size)
    per_token = config.num_hidden_layers * (16 * config.hidden_size + 5 * inner) * itemsize
    if device == "cuda":
        free, (low, high) = torch.cuda.mem_get_info()[0], GPU_TOKENS
    else:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        low, high = CPU_TOKENS
    return max(low, min(high, int(0.4 * free / per_token)))
