"""The benchmark's engine with one part as plain code learns the same, and without that part."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from benchmarks.training.ablation import replaced
from whet.models.lora_layer import LoraProduct
from whet.rows.attention_kernel import SegmentAttention
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.loop import train
from whet.training.loss import HeadLoss
from whet.training.settings import TrainSettings

OURS = {"lora": LoraProduct, "loss_head": HeadLoss, "attention": SegmentAttention}


@pytest.mark.parametrize("part", ["lora", "loss_head", "attention", "packing"])
def test_one_part_as_plain_code_changes_no_loss(
    part: str,
    make_loaded: Callable[..., Any],
    make_sequence: Callable[..., TokenSequence],
    as_examples: Callable[[list[TokenSequence]], list[RenderedExample]],
    tmp_path: Path,
) -> None:
    rng, prompt = np.random.default_rng(3), tuple(range(1, 61))
    rows = as_examples([make_sequence(rng, 66 + n % 7, 4, prompt) for n in range(16)])
    settings = TrainSettings(
        epochs=1,
        batch_size=4,
        learning_rate=3e-3,
        rank=4,
        dtype="float32",
        tokens_per_micro_batch=48,
    )
    own = train(make_loaded("llama"), rows, [], settings, folder=tmp_path / "own")
    with replaced([part]), without(part):
        plain = train(make_loaded("llama"), rows, [], settings, folder=tmp_path / "plain")
    assert plain.losses == pytest.approx(own.losses, rel=1e-5)


def without(part: str) -> Any:
    """Our own code of the part fails where it is called after all."""
    if part == "packing":
        return nullcontext()
    broken = mock.Mock(side_effect=AssertionError(f"{part} was not replaced"))
    return mock.patch.object(OURS[part], "forward", broken)
