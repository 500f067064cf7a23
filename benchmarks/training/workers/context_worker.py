"""The longest sequence of which one QLoRA step fits into a cap of memory, by doubling and halving.

Options: `cap_gb` (GPU; on a CPU lengths end at `limit`, which only tries the script itself). Every
token is learnt; layers are computed again and their inputs wait in the host's memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.training.job import Job, Talk, peak_memory_bytes, serve
from benchmarks.training.shapes import random_model

FIRST, HALVINGS, CPU_LIMIT = 1024, 5, 2048


def build(job: Job) -> Callable[[Talk], Iterator[dict[str, Any]]]:
    """A session of one answer: the longest length."""
    import torch

    from whet.models.four_bit import quantize_model
    from whet.models.load import DTYPES, LoadedModel

    on_gpu = job.device == "cuda"
    if on_gpu:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, job.options["cap_gb"] * 1e9 / total))
    model = random_model(job.shape, DTYPES[job.dtype], "cpu")
    quantize_model(model, torch.device(job.device))
    model.to(job.device)
    limit = int(model.config.max_position_embeddings) if on_gpu else CPU_LIMIT
    model.config.max_position_embeddings = limit
    loaded = LoadedModel(model, None, job.shape, Path(), "random", "", (0,), limit)

    def session(talk: Talk) -> Iterator[dict[str, Any]]:
        talk.wait()
        found = {"longest": 0, "peak_bytes_then": 0}

        def fits(length: int) -> bool:
            if not _fits(loaded, length, job.dtype, "offload" if on_gpu else "full"):
                return False
            found.update(longest=length, peak_bytes_then=peak_memory_bytes())
            return True

        tried = _search(limit, fits)
        yield {**found, "tried": tried, "loss_tokens": found["longest"]}

    return session


def _search(limit: int, fits: Callable[[int], bool]) -> list[tuple[int, bool]]:
    """Lengths doubled while they fit, then halved in between; what was tried."""
    tried: list[tuple[int, bool]] = []
    low, high = 0, FIRST
    while high <= limit and fits(high):
        tried.append((high, True))
        low, high = high, 2 * high
    tried.append((high, False))
    high = min(high, limit + 1)
    for _ in range(HALVINGS):
        middle = (low + high) // 2
        tried.append((middle, fits(middle)))
        low, high = (middle, high) if tried[-1][1] else (low, middle)
    return tried


def _fits(loaded: Any, length: int, dtype: str, recompute: str) -> bool:
    """Whether a run of one step on one sequence of that length ends."""
    import numpy as np
    import torch

    from whet.errors import TrainingError
    from whet.rows.sequence import RenderedExample, TokenSequence
    from whet.training.loop import train
    from whet.training.settings import TrainSettings

    tokens = np.random.default_rng(0).integers(10, 30000, length).astype(np.int32)
    row = RenderedExample("long", "made:1", (TokenSequence(tokens, np.arange(length) > 0),))
    settings = TrainSettings(
        method="qlora", epochs=1, batch_size=1, evals_per_epoch=1, dtype=dtype,  # type: ignore[arg-type]
        recompute=recompute, tokens_per_micro_batch=length,  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            train(loaded, [row], [], settings, folder=Path(folder))
    except (TrainingError, torch.OutOfMemoryError):
        return False
    return True


if __name__ == "__main__":
    serve(build)
