"""What a run sets for the whole process is put back when it ends; what it reckons with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from whet.models.four_bit import quantize_model
from whet.models.lora import add_lora
from whet.training.choices import _state_bytes, flushed_denormals
from whet.training.settings import TrainSettings

TINY = 5e-324


def test_denormals_are_flushed_inside_and_kept_outside() -> None:
    one = torch.ones(1, dtype=torch.float64)
    with flushed_denormals():
        assert float(one * TINY) == 0.0
        with flushed_denormals():
            pass
        assert float(one * TINY) == 0.0, "an inner block puts back what it found"
    assert float(one * TINY) == TINY
    assert np.float64(TINY) * 1 == TINY


def test_adapters_take_memory_whatever_their_layers_are_kept_in(
    make_model: Callable[..., Any],
) -> None:
    """What they take is no longer free for activations; a layer in 4 bits is no `nn.Linear`."""
    settings = TrainSettings(rank=4)
    dense = _state_bytes(make_model("llama"), settings)
    assert dense > 0
    four_bit, adapted = make_model("llama"), make_model("llama")
    quantize_model(four_bit)
    add_lora(adapted, rank=4)
    assert _state_bytes(four_bit, settings) == dense
    assert _state_bytes(adapted, settings) == dense
