"""The flat example computes what the package computes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from whet.models.load import load_model
from whet.rows.render import render_examples
from whet.training.loop import train
from whet.training.settings import TrainSettings
from whet.types import Example, Message

FLAT = Path(__file__).resolve().parents[2] / "examples" / "train_flat.py"
TEMPLATE = (
    "{% for m in messages %}{{ m.role + ':\\n' + m.content }}"
    "{{ eos_token if m.role == 'assistant' }}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:\\n' }}{% endif %}"
)


def test_the_flat_loop_prints_the_losses_of_the_package(
    stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, data = tmp_path / "chat.jinja", tmp_path / "data.jsonl"
    template.write_text(TEMPLATE)
    examples = []
    for number in range(20):
        messages: list[Message] = [
            {"role": "user", "content": f"Tell me of cat {number}" + " and a dog" * (number % 4)},
            {"role": "assistant", "content": f"The cat {number} was big." + " Yes." * (number % 3)},
        ]
        examples.append(Example.of(messages, f"data.jsonl:{number + 1}"))
    data.write_text("\n".join(json.dumps({"messages": list(e.messages)}) for e in examples))
    loaded = load_model(stories, template=template)
    rows = render_examples(examples, loaded.tokenizer, loaded.stop_ids)
    settings = TrainSettings(dtype="float32", learning_rate=3e-3)
    expected = train(loaded, rows, [], settings, folder=tmp_path / "checkpoints")

    spec = importlib.util.spec_from_file_location("train_flat", FLAT)
    assert spec is not None and spec.loader is not None
    flat = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(flat)
    monkeypatch.setattr(flat, "LEARNING_RATE", 3e-3)
    assert flat.main(str(stories), str(data), str(template)) == pytest.approx(
        expected.losses, rel=1e-4
    )
