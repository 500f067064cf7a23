"""A real pre-trained model learns Shakespeare, and is seen to forget its own stories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whet.models.load import load_model
from whet.rows.text import render_passages
from whet.training.evaluation import token_losses
from whet.training.loop import train
from whet.training.settings import TrainSettings


@pytest.mark.parametrize(("method", "rate"), [("lora", 3e-3), ("full", 1e-3)])
def test_learning_and_forgetting_are_both_seen(
    method: str, rate: float, stories: Path, test_data: Path, tmp_path: Path
) -> None:
    loaded = load_model(stories)
    text = (test_data / "text" / "tiny_shakespeare.txt").read_text(encoding="utf-8")
    passages = [text[i : i + 250] for i in range(0, 14000, 250)]
    learnt = render_passages(passages[:48], loaded.tokenizer, max_length=256)
    held_out = render_passages(passages[48:], loaded.tokenizer, max_length=256)
    own = json.loads((stories / "golden.json").read_text())["text"]
    story = render_passages([own], loaded.tokenizer, max_length=512)
    before = token_losses(loaded.model, story).mean
    settings = TrainSettings(method=method, epochs=2, learning_rate=rate)  # type: ignore[arg-type]
    result = train(loaded, learnt, held_out, settings, folder=tmp_path)
    (_, first), *_, (_, last) = result.validation_losses
    assert last < first - 0.8
    assert token_losses(loaded.model, story).mean > before + 0.5
