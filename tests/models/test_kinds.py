"""Every kind of adapter goes to PEFT and comes back with equal logits.

Kinds in four bits are compared with PEFT over bitsandbytes' own layers, holding the same codes.
Losses and gradients are compared in tests/training/test_parity.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers

from whet.errors import ModelError
from whet.models.adapter import load_adapter, save_adapter, save_model, was_trained_in_four_bits
from whet.models.four_bit import (
    Nf4Linear,
    is_four_bit,
    num_weights,
    quantize_model,
    write_out,
)
from whet.models.four_bit_kernel import import_bitsandbytes
from whet.models.load import LoadedModel, load_model, set_dtype
from whet.models.lora import adapter_disabled, add_lora, lora_modules, merge_lora, remove_lora
from whet.models.lora_layer import LoraLinear

# PEFT 0.21 asks transformers 5 for a property under its old name.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
IDS = torch.arange(3, 60)[None]
KINDS = {
    "lora": {},
    "rslora": {"rslora": True},
    "dora": {"dora": True},
    "qlora": {"four_bit": True},
    "qdora": {"four_bit": True, "dora": True},
}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> dict[str, bool]:
    torch.set_num_threads(1)
    return KINDS[request.param]


def adapted(stories: Path, kind: dict[str, bool], *, dtype: str = "float32") -> LoadedModel:
    loaded = load_model(stories, dtype=dtype, four_bit=kind.get("four_bit", False))
    add_lora(
        loaded.model,
        rank=4,
        alpha=6,
        rslora=kind.get("rslora", False),
        dora=kind.get("dora", False),
    )
    torch.manual_seed(0)
    for module in lora_modules(loaded.model).values():
        torch.nn.init.normal_(module.lora_B, std=0.05)
        if module.lora_magnitude_vector is not None:
            module.lora_magnitude_vector.data.mul_(torch.rand(module.out_features) + 0.5)
    return loaded


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS, use_cache=False).logits
    return found


@pytest.fixture
def their_base(
    stories: Path, kind: dict[str, bool], in_their_four_bits: Callable[[Any], Any]
) -> Any:
    """A fresh base as transformers and bitsandbytes have it."""
    four_bit = kind.get("four_bit", False)
    return in_their_four_bits(load_model(stories, dtype="float32", four_bit=four_bit).model)


def test_peft_loads_what_is_saved_here(
    kind: dict[str, bool], stories: Path, their_base: Any, tmp_path: Path
) -> None:
    ours = adapted(stories, kind)
    save_adapter(ours, tmp_path)
    theirs = peft.PeftModel.from_pretrained(their_base, tmp_path).eval()
    assert torch.allclose(logits(theirs), logits(ours.model), atol=2e-5)
    assert was_trained_in_four_bits(tmp_path) == kind.get("four_bit", False)


def test_what_peft_saves_loads_here(
    kind: dict[str, bool], stories: Path, their_base: Any, tmp_path: Path
) -> None:
    config = peft.LoraConfig(
        r=4, lora_alpha=6, target_modules="all-linear", task_type="CAUSAL_LM",
        init_lora_weights=False, use_rslora=kind.get("rslora", False),
        use_dora=kind.get("dora", False),
    )  # fmt: skip
    theirs = peft.get_peft_model(their_base, config).eval()
    for name, parameter in theirs.named_parameters():
        if "magnitude" in name:
            parameter.data.mul_(1.3)
    theirs.save_pretrained(tmp_path)
    ours = load_model(stories, dtype="float32", four_bit=kind.get("four_bit", False))
    load_adapter(ours, tmp_path)
    assert torch.allclose(logits(ours.model), logits(theirs), atol=2e-5)


def test_merged_it_answers_the_same(kind: dict[str, bool], stories: Path) -> None:
    ours = adapted(stories, kind)
    expected = logits(ours.model)
    merge_lora(ours.model)
    assert torch.allclose(logits(ours.model), expected, atol=1e-4)
    assert not any(isinstance(m, Nf4Linear | LoraLinear) for m in ours.model.modules())


def test_written_out_it_answers_bit_by_bit_the_same(kind: dict[str, bool], stories: Path) -> None:
    for dtype in ("float32", "bfloat16"):
        ours = adapted(stories, kind, dtype=dtype)
        expected = logits(ours.model)
        write_out(ours.model)
        assert torch.equal(logits(ours.model), expected)
        assert not is_four_bit(ours.model)
        remove_lora(ours.model)
        bare = load_model(stories, dtype=dtype, four_bit=kind.get("four_bit", False)).model
        assert torch.equal(logits(ours.model), logits(bare))
        write_out(bare)
        assert torch.equal(logits(ours.model), logits(bare))


def test_off_and_taken_off_it_is_the_base(kind: dict[str, bool], stories: Path) -> None:
    base = logits(load_model(stories, four_bit=kind.get("four_bit", False)).model)
    ours = adapted(stories, kind)
    with adapter_disabled(ours.model):
        assert torch.equal(logits(ours.model), base)
    remove_lora(ours.model)
    assert torch.equal(logits(ours.model), base)


def test_a_fresh_dora_is_the_base(stories: Path) -> None:
    loaded = load_model(stories)
    base = logits(loaded.model)
    add_lora(loaded.model, rank=4, dora=True)
    assert torch.allclose(logits(loaded.model), base, atol=1e-5)


def test_a_four_bit_adapter_loads_in_peft_on_the_full_precision_base(
    stories: Path, tmp_path: Path
) -> None:
    ours = adapted(stories, KINDS["qlora"])
    save_adapter(ours, tmp_path)
    theirs = peft.PeftModel.from_pretrained(load_model(stories).model, tmp_path).eval()
    dense = load_model(stories)
    with pytest.raises(ModelError, match=r"trained on .* in 4 bits \(NF4\), and here it is loaded"):
        load_adapter(dense, tmp_path)
    (tmp_path / "whet.json").unlink()
    load_adapter(dense, tmp_path)
    assert torch.allclose(logits(theirs), logits(dense.model), atol=1e-5)
    assert not torch.allclose(logits(theirs), logits(ours.model), atol=1e-2)


def test_a_plain_adapter_is_refused_on_the_four_bit_base(stories: Path, tmp_path: Path) -> None:
    save_adapter(adapted(stories, {}), tmp_path)
    with pytest.raises(ModelError, match=r"trained on .* as stored, and here .* in 4 bits"):
        load_adapter(load_model(stories, four_bit=True), tmp_path)


def test_bitsandbytes_loads_the_same_four_bit_base(stories: Path) -> None:
    """transformers quantises the checkpoint itself; only scales between two values may differ."""
    import_bitsandbytes()
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        stories,
        dtype=torch.float32,
        quantization_config=transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.float32,
        ),
        device_map="cpu",
    )  # fmt: skip
    ours = load_model(stories, four_bit=True).model
    unequal, total = 0, 0
    for name, module in ours.named_modules():
        if isinstance(module, Nf4Linear):
            layer = theirs.get_submodule(name)
            layer.support_avx512bf16_for_cpu = False
            assert torch.equal(module.weight.codes, layer.weight.data.view(-1)), name
            unequal += int((module.weight.scale_codes != layer.weight.quant_state.absmax).sum())
            total += module.weight.scale_codes.numel()
    assert unequal <= 0.01 * total
    difference = (logits(ours) - logits(theirs)).norm() / logits(theirs).norm()
    assert float(difference) < 2e-3


def test_head_embeddings_and_norms_stay_and_nothing_is_widened(stories: Path) -> None:
    """bitsandbytes #1569: preparing for k-bit training must not put the rest in float32."""
    loaded = adapted(stories, KINDS["qlora"], dtype="bfloat16")
    model = loaded.model
    assert model.get_output_embeddings().weight.dtype == torch.bfloat16
    assert model.get_input_embeddings().weight.dtype == torch.bfloat16
    others = {n: p.dtype for n, p in model.named_parameters() if "lora_" not in n}
    assert set(others.values()) == {torch.bfloat16}
    assert any("norm" in name for name in others)
    seen: set[torch.dtype] = set()
    for module in model.modules():
        module.register_forward_hook(
            lambda m, inputs, output: seen.update(
                {t.dtype for t in (*inputs, output) if torch.is_tensor(t) and t.is_floating_point()}
            )
        )
    logits(model)
    assert seen == {torch.bfloat16}


def test_the_codes_do_not_depend_on_the_dtype_asked_for(stories: Path) -> None:
    wide, narrow = (load_model(stories, dtype=d, four_bit=True) for d in ("float32", "bfloat16"))
    codes = [
        [m.weight.codes for m in loaded.model.modules() if isinstance(m, Nf4Linear)]
        for loaded in (wide, narrow)
    ]
    assert all(torch.equal(a, b) for a, b in zip(*codes, strict=True))
    assert wide.identity == narrow.identity == load_model(stories).identity + "-nf4"


def test_the_rotary_frequencies_keep_their_dtype(stories: Path) -> None:
    model = load_model(stories).model
    expected = model.model.rotary_emb.inv_freq.clone()
    set_dtype(model, torch.bfloat16)
    assert torch.equal(model.model.rotary_emb.inv_freq, expected)
    assert model.dtype == torch.bfloat16


def test_weights_that_cannot_be_quantised_are_named() -> None:
    config = transformers.MixtralConfig(
        vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, num_local_experts=2,
    )  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_config(config)
    total = sum(p.numel() for p in model.parameters())
    left = quantize_model(model)
    assert [name for name in left if "experts.gate_up_proj" in name] == [
        "model.layers.*.mlp.experts.gate_up_proj"
    ]
    assert num_weights(model) == total


def test_a_model_in_four_bits_is_not_saved_as_one(stories: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="in 4 bits"):
        save_model(load_model(stories, four_bit=True), tmp_path)


def test_with_dropout_dora_does_what_peft_does(stories: Path, tmp_path: Path) -> None:
    ours = adapted(stories, KINDS["dora"])
    save_adapter(ours, tmp_path, dropout=0.5)
    theirs = peft.PeftModel.from_pretrained(load_model(stories).model, tmp_path).eval()
    name = "model.layers.1.mlp.gate_proj"
    mine = ours.model.get_submodule(name)
    mine.dropout = 0.5
    other = theirs.get_submodule(f"base_model.model.{name}")
    x = torch.randn(1, 9, mine.in_features)
    outputs = []
    for module in (mine.train(), other.train()):
        torch.manual_seed(3)
        with torch.no_grad():
            outputs.append(module(x))
    assert torch.allclose(*outputs, atol=1e-5)


def test_a_magnitude_that_lacks_is_named(stories: Path, tmp_path: Path) -> None:
    save_adapter(adapted(stories, {}), tmp_path)
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "use_dora": True}))
    with pytest.raises(ModelError, match=r"use_dora=True, and a magnitude lacks"):
        load_adapter(load_model(stories), tmp_path)
