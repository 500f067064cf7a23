"""Writes the steps of a workload, or the adapter that all engines start from, into a folder.

    python -m benchmarks.training.preparation steps WORKLOAD STEPS BATCH DATA FOLDER
    python -m benchmarks.training.preparation adapter SHAPE FOLDER DEVICE

A process of its own, so that the one which times the others stays small.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.training.shapes import random_model
from benchmarks.training.workloads import TEMPLATE, steps


def write_steps(workload: str, num_steps: str, batch: str, data: str, folder: str) -> None:
    """FOLDER/steps.json, as ids of GPT-2's tokenizer."""
    from whet.models.load import load_tokenizer

    tokenizer = load_tokenizer(Path(data) / "tokenizers" / "gpt2")
    tokenizer.chat_template = TEMPLATE
    found = steps(workload, Path(data), tokenizer, int(num_steps), int(batch))
    (Path(folder) / "steps.json").write_text(json.dumps(found), encoding="utf-8")


def write_adapter(shape: str, folder: str, device: str) -> None:
    """FOLDER/adapter: LoRA of rank 16 on all linear layers, B zero."""
    import torch

    from whet.models.adapter import save_adapter
    from whet.models.load import LoadedModel
    from whet.models.lora import add_lora

    model = random_model(shape, torch.bfloat16, device)
    add_lora(model, rank=16, alpha=16)
    loaded = LoadedModel(model, _NoTokenizer(), shape, Path(), "random", "", (0,), 2**30)
    save_adapter(loaded, Path(folder) / "adapter")


class _NoTokenizer:
    """Stands where an adapter keeps its tokenizer; the benchmark works on ids."""

    def save_pretrained(self, folder: Path) -> None:
        """Writes nothing."""


if __name__ == "__main__":
    tasks: dict[str, Callable[..., None]] = {"steps": write_steps, "adapter": write_adapter}
    tasks[sys.argv[1]](*sys.argv[2:])
