"""Adapters go to PEFT and come back with equal logits; what does not fit is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file

from whet.errors import ModelError
from whet.models.adapter import load_adapter, save_adapter, save_model
from whet.models.load import LoadedModel, load_model
from whet.models.lora import (
    adapter_disabled,
    add_lora,
    lora_modules,
    merge_lora,
    remove_lora,
    target_names,
)

# PEFT 0.21 asks transformers 5 for a property under its old name.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
IDS = torch.arange(3, 60)[None]


@pytest.fixture
def loaded(stories: Path) -> LoadedModel:
    torch.set_num_threads(1)
    return load_model(stories)


@pytest.fixture
def adapted(loaded: LoadedModel) -> LoadedModel:
    add_lora(loaded.model, rank=4, alpha=6, rslora=True)
    torch.manual_seed(0)
    for module in lora_modules(loaded.model).values():
        torch.nn.init.normal_(module.lora_B, std=0.2)
    return loaded


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS, use_cache=False).logits
    return found


def test_peft_loads_what_is_saved_here(adapted: LoadedModel, stories: Path, tmp_path: Path) -> None:
    save_adapter(adapted, tmp_path)
    theirs = peft.PeftModel.from_pretrained(load_model(stories).model, tmp_path).eval()
    assert torch.allclose(logits(theirs), logits(adapted.model), atol=1e-5)
    assert (tmp_path / "tokenizer.json").is_file()
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["lora_alpha"] == 12  # 6 * sqrt(4): readers that ignore use_rslora agree
    assert config["target_modules"] == sorted(
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"r": 8, "lora_alpha": 16, "target_modules": "all-linear"},
        {"r": 4, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj"], "use_rslora": True},
        {
            "r": 4,
            "lora_alpha": 8,
            "target_modules": ["q_proj", "down_proj"],
            "rank_pattern": {"q_proj": 2, r"layers\.1\.mlp\.down_proj": 6},
            "alpha_pattern": {"down_proj": 5},
        },
    ],
)
def test_adapters_made_by_peft_load_here(
    options: dict[str, Any], stories: Path, tmp_path: Path
) -> None:
    config = peft.LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **options)
    theirs = peft.get_peft_model(load_model(stories).model, config).eval()
    theirs.save_pretrained(tmp_path)
    ours = load_model(stories)
    load_adapter(ours, tmp_path)
    assert torch.allclose(logits(ours.model), logits(theirs), atol=1e-5)


def test_an_adapter_can_be_switched_off_taken_off_and_merged(
    adapted: LoadedModel, stories: Path
) -> None:
    base = logits(load_model(stories).model)
    tuned = logits(adapted.model)
    assert not torch.allclose(base, tuned, atol=1e-2)
    with adapter_disabled(adapted.model):
        assert torch.equal(logits(adapted.model), base)
    assert torch.equal(logits(adapted.model), tuned)
    names = set(adapted.model.state_dict())
    merge_lora(adapted.model)
    assert torch.allclose(logits(adapted.model), tuned, atol=1e-4)
    assert {n for n in names if "lora" not in n} == set(adapted.model.state_dict())


def test_removing_an_adapter_gives_the_base_back(adapted: LoadedModel, stories: Path) -> None:
    remove_lora(adapted.model)
    base = load_model(stories).model
    assert torch.equal(logits(adapted.model), logits(base))
    assert set(adapted.model.state_dict()) == set(base.state_dict())


def test_a_merged_model_is_saved_and_loaded_as_a_model(
    adapted: LoadedModel, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="merge it"):
        save_model(adapted, tmp_path)
    merge_lora(adapted.model)
    save_model(adapted, tmp_path)
    assert torch.equal(logits(load_model(tmp_path).model), logits(adapted.model))


def damaged(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    change(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")


NAME = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop(NAME), "no pair of lora_A and lora_B"),
        (lambda t: t.update({NAME: torch.zeros(4, 7)}), r"A and B are \(4, 7\)"),
        (lambda t: t[NAME].fill_(float("nan")), "not finite"),
        (lambda t: t.update({NAME.replace("q_proj", "x"): torch.zeros(4, 64)}), "no pair"),
        (lambda t: t.clear(), "it is empty"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    change: Any, message: str, adapted: LoadedModel, tmp_path: Path
) -> None:
    save_adapter(adapted, tmp_path)
    damaged(tmp_path, change)
    with pytest.raises(ModelError, match=message):
        load_adapter(adapted, tmp_path)


def test_another_base_is_refused(adapted: LoadedModel, tmp_path: Path) -> None:
    save_adapter(adapted, tmp_path)
    adapted.identity = "another"
    with pytest.raises(ModelError, match="was trained on"):
        load_adapter(adapted, tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("bias", "all"), ("modules_to_save", ["lm_head"]), ("peft_type", "IA3")],
)
def test_kinds_that_are_not_supported_are_named(
    key: str, value: Any, adapted: LoadedModel, tmp_path: Path
) -> None:
    save_adapter(adapted, tmp_path)
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(ModelError, match=f"{value if key == 'peft_type' else key}"):
        load_adapter(adapted, tmp_path)


def test_layers_are_chosen_by_name_and_an_unknown_one_is_an_error(loaded: LoadedModel) -> None:
    assert len(target_names(loaded.model, ["all-linear"])) == 5 * 7
    assert len(target_names(loaded.model, ["q_proj", "v_proj"])) == 10
    with pytest.raises(ModelError, match=r"no linear layer is named 'query'; the model has down"):
        target_names(loaded.model, ["query"])


def test_the_first_layer_computes_no_input_gradient(adapted: LoadedModel) -> None:
    """Embeddings are frozen, so nobody needs it."""
    seen: dict[str, bool] = {}
    for name, module in lora_modules(adapted.model).items():
        module.register_forward_hook(
            lambda m, inputs, output, name=name: seen.update({name: inputs[0].requires_grad})
        )
    adapted.model(input_ids=IDS, use_cache=False)
    assert not seen["model.layers.0.self_attn.q_proj"]
    assert seen["model.layers.1.self_attn.q_proj"]
