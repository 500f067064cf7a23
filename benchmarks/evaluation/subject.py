"""What is asked of which model: Banking77 messages behind a prompt that names all 77 labels.

nano   the bundled whet-nano, which answers with labels and stops by itself
50M    a Llama of 49 million random weights (benchmarks.training.shapes) with GPT-2's tokenizer;
       it never stops, so every answer is as long as it may be
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from benchmarks.training.shapes import random_model
from benchmarks.training.workloads import TEMPLATE

MODELS = ("nano", "50M")
INSTRUCTION = "Answer with the one label that fits the message:\n"


def prompts(data: Path, count: int) -> list[list[dict[str, str]]]:
    """The first `count` test messages, each behind the system prompt.

    Raises:
        ValueError: there are not as many.
    """
    folder = data / "datasets" / "banking77"
    labels = json.loads((folder / "categories.json").read_text(encoding="utf-8"))
    system = {"role": "system", "content": INSTRUCTION + "\n".join(labels)}
    with (folder / "test.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if len(rows) < count:
        raise ValueError(f"Banking77 has {len(rows)} test messages, {count} are wanted")
    return [[system, {"role": "user", "content": row["text"]}] for row in rows[:count]]


def model_of(name: str, dtype: str, data: Path) -> tuple[Any, Any, tuple[int, ...]]:
    """The model in evaluation mode on the CPU, its tokenizer, and the tokens that end an answer."""
    import torch

    from whet.models.load import load_model, load_tokenizer

    if name == "nano":
        loaded = load_model("whet-nano", dtype=dtype, device="cpu")
        return loaded.model, loaded.tokenizer, loaded.stop_ids
    tokenizer = load_tokenizer(data / "tokenizers" / "gpt2")
    tokenizer.chat_template = TEMPLATE
    stop: int = tokenizer.eos_token_id
    return random_model(name, getattr(torch, dtype), "cpu"), tokenizer, (stop,)
