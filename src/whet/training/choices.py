"""What the engine measures and chooses for itself, once per run: dtype, memory, threads.

The choices are part of the result and of every checkpoint, and a resumed run takes them from
there: measuring again could choose otherwise, and then the runs would differ.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import nn

from whet.errors import TrainingError
from whet.models.load import DTYPES, set_dtype
from whet.models.lora_layer import BASES, TRAINED, LoraLinear, features
from whet.training.memory import free_bytes, keep_freed_blocks
from whet.training.planner import Demand, Seen, planned, planned_again
from whet.training.recompute import Recompute, refuse_unknown
from whet.training.settings import TrainSettings

WORTHWHILE = 1.15
STATE_NUMBERS = 5
"""Float32 numbers held for each trained weight: value, gradient, mean, square, best."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How this run computes.

    `reason` says why the dtype was chosen, `memory_reason` why the micro-batch and the level of
    recomputation were (see `planner`).
    """

    dtype: str
    tokens_per_micro_batch: int
    num_threads: int
    device: str
    reason: str
    recompute: Recompute = "none"
    memory_reason: str = "as set"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def choose(
    model: Any, settings: TrainSettings, longest: int = 0, device: str | None = None
) -> Choices:
    """The settings where they decide, a measurement where they say auto.

    `longest` is the longest sequence of the run, in tokens; `device` is where the model will be, if
    it is not there yet.

    Raises:
        TrainingError: float16 on a CPU, where it is useless; offloading without a GPU.
    """
    device = device or model.device.type
    if settings.dtype == "float16" and device == "cpu":
        raise TrainingError(
            "train.dtype=float16 on a CPU is many times slower than float32; use auto."
        )
    dtype, reason = str(settings.dtype), "as set"
    if dtype == "auto":
        dtype, reason = _measured_dtype(model) if device == "cpu" else _gpu_dtype()
    if settings.recompute is not None:
        refuse_unknown(model, settings.recompute)
    free = free_bytes(torch.device(device)) - _state_bytes(model, settings)
    demand = Demand(free, longest, settings.tokens_per_micro_batch, settings.recompute)
    plan = planned(model, DTYPES[dtype].itemsize, demand)
    return Choices(
        dtype=dtype,
        tokens_per_micro_batch=plan.tokens_per_micro_batch,
        num_threads=torch.get_num_threads(),
        device=device,
        reason=reason,
        recompute=plan.recompute,
        memory_reason=plan.reason,
    )


def corrected(
    choices: Choices, model: Any, settings: TrainSettings, longest: int, seen: Seen
) -> Choices:
    """The choices after the first step has shown what a micro-batch takes; mostly the same."""
    demand = Demand(seen.free_bytes, longest, settings.tokens_per_micro_batch, settings.recompute)
    plan = planned_again(model, DTYPES[choices.dtype].itemsize, demand, choices.recompute, seen)
    now = (choices.tokens_per_micro_batch, choices.recompute)
    if plan is None or now == (plan.tokens_per_micro_batch, plan.recompute):
        return choices
    return replace(
        choices,
        tokens_per_micro_batch=plan.tokens_per_micro_batch,
        recompute=plan.recompute,
        memory_reason=plan.reason,
    )


def _state_bytes(model: Any, settings: TrainSettings) -> int:
    """What gradients and optimizer will take; LoRA is reckoned as on every linear layer."""
    if settings.method == "full":
        num_trained: int = sum(parameter.numel() for parameter in model.parameters())
        return 4 * STATE_NUMBERS * num_trained
    linear = [module for module in model.modules() if isinstance(module, (*BASES, LoraLinear))]
    widths = sum(sum(features(module)) for module in linear)
    return 4 * STATE_NUMBERS * settings.rank * widths


def apply(choices: Choices, model: Any) -> None:
    """Sets threads and dtype."""
    torch.set_num_threads(choices.num_threads)
    if choices.device == "cpu":
        keep_freed_blocks()
    if model.dtype != DTYPES[choices.dtype]:
        masters = {name for name, _ in model.named_parameters() if name.endswith(TRAINED)}
        set_dtype(model, DTYPES[choices.dtype], but=masters)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Denormal numbers count as zero, as they cost a hundredfold on a CPU; put back afterwards."""
    was_flushing = float(torch.tensor(5e-324, dtype=torch.float64) * 1) == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushing)


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
