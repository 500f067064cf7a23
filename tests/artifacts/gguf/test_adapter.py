"""Adapters in llama.cpp, against PEFT."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import (
    FolderWeights,
    configs,
    random_model,
    reference_logprobs,
    save_with_tokenizer,
)

from whet.artifacts.gguf import write_gguf, write_gguf_adapter
from whet.engines.llama_cpp import LlamaCpp
from whet.errors import ModelError

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.usefixtures("loopback")
PROMPT, ANSWER = list(range(100, 130)), [40, 41, 42]
SCALE = 0.1  # of base and adapter alike, so that logits stay of the size that real ones have


def tuned(base: Path, folder: Path, config: Any, **settings: Any) -> Any:
    """The base with a random adapter by PEFT, which is saved in the folder."""
    model = random_model(config, scale=SCALE)
    save_with_tokenizer(model, base)
    model = peft.get_peft_model(model, peft.LoraConfig(**{"lora_alpha": 12, **settings}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn(parameter.shape) * SCALE)
    model.save_pretrained(folder, save_embedding_layers=False)
    return model.eval()


@contextmanager
def in_llama_cpp(base: Path, adapter: Path | None) -> Iterator[LlamaCpp]:
    write_gguf(FolderWeights(base), base / "base.gguf", "F32")
    if adapter is not None:
        write_gguf_adapter(adapter, base, adapter / "adapter.gguf")
    engine = LlamaCpp(base / "base.gguf", adapter=adapter and adapter / "adapter.gguf", threads=1)
    try:
        yield engine
    finally:
        engine.close()


def apart(engine: LlamaCpp, model: Any) -> float:
    reference = reference_logprobs(model, PROMPT, ANSWER)
    return float(np.abs(engine.logprobs(PROMPT, ANSWER) - reference).max())


EVERY_LAYER = {"target_modules": "all-linear"}
PATTERNS = {
    "rank_pattern": {"layers.1.self_attn.q_proj": 3, "down_proj": 2},
    "alpha_pattern": {"v_proj": 40, "layers.2.mlp.up_proj": 1},
}


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        pytest.param("llama", EVERY_LAYER | {"r": 4}, marks=pytest.mark.slow),
        pytest.param("llama", EVERY_LAYER | {"r": 4} | PATTERNS, marks=pytest.mark.slow),
        ("llama", EVERY_LAYER | {"r": 4, "use_rslora": True} | PATTERNS),
        ("qwen3", EVERY_LAYER | {"r": 8, "use_rslora": True}),
        ("phi3", EVERY_LAYER | {"r": 4}),
        ("mistral", {"r": 4, "target_modules": ["q_proj", "lm_head"]}),
    ],
)
def test_an_adapter_does_in_llama_cpp_what_it_does_in_peft(
    family: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    model = tuned(base, adapter, configs()[family], **settings)
    with in_llama_cpp(base, adapter) as engine:
        assert apart(engine, model) < 5e-4
    with in_llama_cpp(base, None) as engine:
        assert apart(engine, model) > 0.1, "the adapter does nothing, so the test proves nothing"


def test_the_scale_of_rslora_is_not_that_of_lora(tmp_path: Path) -> None:
    """llama.cpp's own converter writes alpha as it stands; here it is alpha times sqrt(rank)."""
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    model = tuned(base, adapter, configs()["llama"], r=16, use_rslora=True, **EVERY_LAYER)
    with in_llama_cpp(base, adapter) as engine:
        assert apart(engine, model) < 5e-4
    reader = gguf.GGUFReader(adapter / "adapter.gguf")
    assert reader.fields["adapter.lora.alpha"].contents() == pytest.approx(12 * math.sqrt(16))
    settings = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(settings | {"use_rslora": False}))
    with in_llama_cpp(base, adapter) as engine:
        assert apart(engine, model) > 0.1


@pytest.fixture
def plain(tmp_path: Path) -> tuple[Path, Path]:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    tuned(base, adapter, configs()["llama, biases, wide heads, tied"], r=4, **EVERY_LAYER)
    return base, adapter


def change(adapter: Path, **tensors: torch.Tensor | None) -> None:
    file = adapter / "adapter_model.safetensors"
    held = load_file(file) | {name: one for name, one in tensors.items() if one is not None}
    save_file({name: one for name, one in held.items() if tensors.get(name, one) is not None}, file)


Q = "base_model.model.model.layers.0.self_attn.q_proj"


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({f"{Q}.lora_A.weight": torch.zeros(4, 32)}, r"q_proj is \(128, 64\) in the base"),
        ({f"{Q}.lora_A.weight": None}, "only one of lora_A and lora_B"),
        ({"base_model.model.model.embed_tokens.lora_embedding_A": torch.zeros(4, 8)}, "no place"),
        ({"base_model.model.model.norm.weight": torch.zeros(64)}, "no place for .*norm.weight"),
        (
            {
                "base_model.model.model.layers.9.mlp.up_proj.lora_A.weight": torch.zeros(4, 64),
                "base_model.model.model.layers.9.mlp.up_proj.lora_B.weight": torch.zeros(96, 4),
            },
            "layers.9.mlp.up_proj is no layer of the base",
        ),
        (
            {
                "base_model.model.lm_head.lora_A.weight": torch.zeros(4, 64),
                "base_model.model.lm_head.lora_B.weight": torch.zeros(3072, 4),
            },
            "changes the output head, which in this base is the embedding",
        ),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(
    tensors: dict[str, Any], said: str, plain: tuple[Path, Path]
) -> None:
    base, adapter = plain
    change(adapter, **tensors)
    with pytest.raises(ModelError, match=said):
        write_gguf_adapter(adapter, base, adapter / "adapter.gguf")
    assert not list(adapter.glob("*.gguf*"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"use_dora": True}, "is a DoRA, which llama.cpp cannot apply.*Merge it"),
        ({"fan_in_fan_out": True}, "transposed layers"),
        ({"bias": "all"}, "has bias='all'"),
        ({"peft_type": "IA3"}, "only LORA"),
    ],
)
def test_a_kind_that_llama_cpp_has_not_is_refused(
    settings: dict[str, Any], said: str, plain: tuple[Path, Path]
) -> None:
    base, adapter = plain
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    with pytest.raises(ModelError, match=said):
        write_gguf_adapter(adapter, base, adapter / "adapter.gguf")


def test_pickled_weights_under_another_name_are_not_opened(plain: tuple[Path, Path]) -> None:
    base, adapter = plain
    (adapter / "adapter_model.safetensors").write_bytes(b"\x80\x04pickle" * 40)
    with pytest.raises(ModelError, match="no safetensors file by its content"):
        write_gguf_adapter(adapter, base, adapter / "adapter.gguf")
