"""Small models with adapters, merged folders of them, and faults to plant in such folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from whet.models import nano
from whet.models.adapter import load_adapter, save_adapter, save_model
from whet.models.load import LoadedModel, load_model
from whet.models.lora import add_lora, lora_modules, merge_lora

SIZES = {
    "vocab_size": 3072,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 2048,
    "bos_token_id": None,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"tie_word_embeddings": False},
    "mistral": {"tie_word_embeddings": False, "sliding_window": None},
    "qwen2": {"tie_word_embeddings": True, "head_dim": 16},
    "qwen3": {"tie_word_embeddings": True},
    "gemma2": {"tie_word_embeddings": True, "sliding_window": 64, "query_pre_attn_scalar": 32},
    "gemma3_text": {"tie_word_embeddings": True, "sliding_window": 64, "query_pre_attn_scalar": 32},
    "phi3": {"tie_word_embeddings": False, "head_dim": 16},
}
STORIES_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Tuned:
    """A base, two adapters of it, and the first of them merged into a model folder."""

    base: Path
    adapter: Path
    other: Path
    merged: Path


def write_base(family: str, folder: Path, *, seed: int = 0) -> Path:
    """A random model of a family, lively enough that its answers are no coin tosses."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    config = AutoConfig.for_model(family, **(SIZES | FAMILIES[family]))
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                spread = 0.4 if "embed" in name or "lm_head" in name else parameter.shape[1] ** -0.5
                parameter.normal_(0.0, spread)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    source = Path(nano.folder())
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(source / name, folder / name)
    write_json(folder / "generation_config.json", eos_token_id=[2, 0], pad_token_id=0)
    if family == "qwen2":  # transformers gives this family its own pre-tokenizer, whatever the file
        AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


def write_adapter(
    base: Path,
    folder: Path,
    *,
    seed: int = 0,
    rslora: bool = False,
    size: float = 1.0,
    rank: int = 4,
) -> Path:
    """A random adapter on all linear layers, whose change is about a third of each weight."""
    loaded = load_model(base, dtype="float32", device="cpu")
    add_lora(loaded.model, rank=rank, alpha=8, rslora=rslora, seed=seed)
    drawn = torch.Generator().manual_seed(seed + 17)
    with torch.no_grad():
        for module in lora_modules(loaded.model).values():
            module.lora_B.copy_(torch.randn(module.lora_B.shape, generator=drawn))
            change = module.lora_B @ module.lora_A * module.scale
            weight = module.read_weight(torch.float32).float()
            module.lora_B.mul_(size * 0.33 * weight.norm() / change.norm())
    save_adapter(loaded, folder)
    if rslora:
        _as_rslora(folder)
    return folder


def _as_rslora(folder: Path) -> None:
    """As PEFT writes it: alpha as chosen, and the flag."""
    config = json.loads((folder / "adapter_config.json").read_text())
    config["lora_alpha"] = config["lora_alpha"] / config["r"] ** 0.5
    write_json(folder / "adapter_config.json", **(config | {"use_rslora": True}))


def train_adapter(base: Path, folder: Path, template: Path | None, *, seed: int = 0) -> Path:
    """An adapter that was trained, for a few seconds, to answer a few questions."""
    loaded = load_model(base, dtype="float32", device="cpu", template=template)
    add_lora(loaded.model, rank=8, alpha=16, seed=seed)
    rows = [
        loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        for text in _texts(loaded, seed)
    ]
    trained = [p for p in loaded.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-4)
    for step in range(24):
        ids = torch.tensor([rows[step % len(rows)]])
        loaded.model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    save_adapter(loaded, folder)
    return folder


def _texts(loaded: LoadedModel, seed: int) -> list[str]:
    words = ["red", "blue", "green", "white"] if seed == 0 else ["one", "two", "three", "four"]
    asked = [
        ("Hello", words[0]),
        ("What is it?", words[1]),
        ("And a dog?", words[2]),
        ("1 2", words[3]),
    ]
    return [
        loaded.tokenizer.apply_chat_template(
            [{"role": "user", "content": q}, {"role": "assistant", "content": f"{a} {a}"}],
            tokenize=False,
        )
        for q, a in asked
    ]


def write_merged(base: Path, adapter: Path, folder: Path, template: Path | None = None) -> Path:
    """Base and adapter in one, as float32."""
    loaded = load_model(base, dtype="float32", device="cpu", template=template)
    load_adapter(loaded, adapter)
    merge_lora(loaded.model)
    save_model(loaded, folder)
    return folder


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a folder."""
    return {
        k: v for file in sorted(folder.glob("*.safetensors")) for k, v in load_file(file).items()
    }


def change_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """Writes the folder's weights again, changed."""
    tensors = tensors_of(folder)
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def change_json(file: Path, **entries: Any) -> None:
    """Sets entries of a JSON file; None takes one away."""
    held = json.loads(file.read_text()) | entries
    write_json(file, **{key: value for key, value in held.items() if value is not None})


def write_json(file: Path, **entries: Any) -> None:
    """Writes a JSON file."""
    file.write_text(json.dumps(entries, indent=2), encoding="utf-8")


class FolderWeights:
    """A folder's tensors, as a writer of files asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._tensors = folder, tensors_of(folder)

    def names(self) -> Iterator[str]:
        return iter(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._tensors[name].shape)

    def tensor(self, name: str) -> torch.Tensor:
        return self._tensors[name]


def questions(*texts: str) -> list[Sequence[Any]]:
    """One-turn prompts."""
    return [[{"role": "user", "content": text}] for text in texts]
