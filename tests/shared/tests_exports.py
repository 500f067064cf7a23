"""Models and adapters that tests of exports share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.artifacts.subject import Subject
from whet.models.adapter import save_adapter
from whet.models.load import load_model
from whet.models.lora import add_lora, lora_modules
from whet.stages.exporting.named import Named
from whet.stages.exporting.subjects import subject_of

IDS = torch.arange(3, 60)[None]

MakeAdapter = Callable[..., Path]
MakeSubject = Callable[..., Subject]


def fill(model: Any, std: float = 0.05, seed: int = 0) -> None:
    """Gives every LoRA layer something to add."""
    generator = torch.Generator().manual_seed(seed)
    for module in lora_modules(model).values():
        with torch.no_grad():
            module.lora_B.normal_(std=std, generator=generator)


def logits(model: Any) -> torch.Tensor:
    """Of the same 57 tokens, in float32."""
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS, use_cache=False).logits
    return found.float()


@pytest.fixture
def make_adapter(tmp_path: Path) -> MakeAdapter:
    """A function that writes an adapter for a model and returns its folder."""

    def make(model: str | Path = "whet-nano", name: str = "adapter", **options: Any) -> Path:
        torch.set_num_threads(1)
        loaded = load_model(model, dtype="float32", four_bit=options.pop("four_bit", False))
        add_lora(loaded.model, **{"rank": 4, "alpha": 8, **options})
        fill(loaded.model)
        save_adapter(loaded, tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def make_subject(make_adapter: MakeAdapter) -> MakeSubject:
    """A function that makes a subject of a model with a fresh adapter on it."""

    def make(model: str | Path = "whet-nano", **options: Any) -> Subject:
        return subject_of(Named(adapter=make_adapter(model, **options), model=str(model)), 10)

    return make
