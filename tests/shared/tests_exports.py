"""Models and adapters that tests of exports share."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.artifacts.subject import Subject
from whet.configfile import dump_yaml
from whet.models.adapter import save_adapter
from whet.models.load import load_model
from whet.models.lora import add_lora, lora_modules
from whet.project import open_project
from whet.rundir import RunDir, write_json
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


ANIMALS = {"cat": "meow", "dog": "woof", "bird": "tweet"}
CONFIG = """\
task: Say the sound of the animal.
model: {model}
{template}
data: {{train: data/rows.jsonl, split: {{validation: {share}}}}}
prompt: prompt.txt
train: {{epochs: 2, batch_size: 8, learning_rate: 2e-3, dtype: float32, method: {method}}}
eval: {{metrics: [exact_match], primary: exact_match}}
generate: {{max_new_tokens: 6}}
"""
TEMPLATE = (
    "{% for m in messages %}{{ bos_token if loop.first else '' }}{{ m['role'] }}: "
    "{{ m['content'] }}{{ eos_token if m['role'] == 'assistant' else '' }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def make_animals(
    folder: Path, model: str | Path = "whet-nano", method: str = "lora", rows: int = 40,
    share: float = 0.3, own_template: bool = False,
) -> Path:  # fmt: skip
    """A project that teaches the sounds of animals; returns its folder."""
    (folder / "data").mkdir(parents=True)
    drawn = random.Random(0)
    lines = []
    for number in range(rows):
        animal = drawn.choice(sorted(ANIMALS))
        row = {"input": f"I saw a {animal} in park {number}.", "output": ANIMALS[animal]}
        lines.append(json.dumps(row) + "\n")
    (folder / "data" / "rows.jsonl").write_text("".join(lines))
    (folder / "prompt.txt").write_text("Name the sound.")
    if own_template:
        (folder / "chat.jinja").write_text(TEMPLATE)
    template = "template: chat.jinja" if own_template else ""
    text = CONFIG.format(model=model, template=template, share=share, method=method)
    (folder / "whet.yaml").write_text(text)
    return folder


def make_run(project: Path, **options: Any) -> Path:
    """A run of a project as training leaves it, its adapter drawn instead of trained."""
    opened = open_project(project)
    run = RunDir.create(project, "train")
    run.config.write_text(dump_yaml(opened.config))
    template = opened.path(opened.config.template) if opened.config.template else None
    torch.set_num_threads(1)
    loaded = load_model(opened.config.model, dtype="float32", template=template)
    add_lora(loaded.model, **{"rank": 4, "alpha": 8, **options})
    fill(loaded.model, std=0.02)
    save_adapter(loaded, run.adapter)
    prompt = (project / "prompt.txt").read_text()
    write_json(run.file("choices.json"), {"chosen": {"prompt": prompt, "tuned_prompt": prompt}})
    run.note(state="complete")
    return run.path
