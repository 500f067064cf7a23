"""Writes a workload's steps and the adapter that all engines start from.

python -m benchmarks.training.preparation WORKLOAD SHAPE STEPS BATCH DATA FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.training.shapes import random_model
from benchmarks.training.workloads import TEMPLATE, steps


def main() -> None:
    """Writes FOLDER/steps.json and FOLDER/adapter."""
    import torch

    from whet.models.adapter import save_adapter
    from whet.models.load import LoadedModel, load_tokenizer
    from whet.models.lora import add_lora

    workload, shape, num_steps, batch, data, folder = sys.argv[1:]
    tokenizer = load_tokenizer(Path(data) / "tokenizers" / "gpt2")
    tokenizer.chat_template = TEMPLATE
    found = steps(workload, Path(data), tokenizer, int(num_steps), int(batch))
    (Path(folder) / "steps.json").write_text(json.dumps(found), encoding="utf-8")
    model = random_model(shape, torch.float32, "cpu")
    add_lora(model, rank=16, alpha=16)
    loaded = LoadedModel(model, tokenizer, shape, Path("."), "random", "", (0,), 2**30)
    save_adapter(loaded, Path(folder) / "adapter")


if __name__ == "__main__":
    main()
