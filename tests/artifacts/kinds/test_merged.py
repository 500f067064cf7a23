"""A merged model answers as base and adapter do, whatever kind of LoRA and however it is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests_exports import fill, logits
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

from whet.artifacts.kinds import merged
from whet.artifacts.merging import open_weights
from whet.artifacts.options import Options
from whet.errors import ConfigError, ModelError
from whet.models.files import find_folder
from whet.models.load import load_model
from whet.stages.exporting.named import Named
from whet.stages.exporting.subjects import subject_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning"),
    # PEFT's own warning that a merge may lose a tied head: the tests below are about that.
    pytest.mark.filterwarnings("ignore:Model has .tie_word_embeddings:UserWarning"),
]


def merge(subject: Any, folder: Path, **options: Any) -> Any:
    folder.mkdir()
    merged.write(subject, folder, Options(**options))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


@pytest.mark.parametrize(
    "options",
    [{}, {"rslora": True}, {"dora": True}, {"target_modules": ["q_proj", "down_proj"]}],
    ids=["plain", "rslora", "dora", "two modules"],
)
def test_merged_in_float32_is_base_and_adapter(
    options: dict[str, Any], make_subject: Any, tmp_path: Path
) -> None:
    subject = make_subject(**options)
    model = merge(subject, tmp_path / "out", dtype="float32")
    expected = logits(subject.load("float32").model)
    assert (logits(model) - expected).abs().max() <= 1e-4
    assert (expected - logits(load_model("whet-nano", dtype="float32").model)).abs().max() > 0.1


PEFT_OPTIONS = [
    {"r": 4, "lora_alpha": 3, "use_rslora": True},
    {
        "r": 4,
        "lora_alpha": 8,
        "rank_pattern": {"q_proj": 2, r"layers\.1\.mlp\.down_proj": 6},
        "alpha_pattern": {"down_proj": 5},
    },
    {"r": 2, "lora_alpha": 4, "use_dora": True},
    {"r": 2, "lora_alpha": 4, "target_modules": ["lm_head", "v_proj"]},
]


@pytest.mark.parametrize("options", PEFT_OPTIONS, ids=["rslora", "patterns", "dora", "tied head"])
def test_an_adapter_of_peft_is_merged_as_peft_applies_it(
    options: dict[str, Any], stories: Path, tmp_path: Path
) -> None:
    theirs = _adapter_of_peft(stories, tmp_path / "adapter", options)
    subject = subject_of(Named(adapter=tmp_path / "adapter", model=str(stories)), 10)
    model = merge(subject, tmp_path / "out")
    assert (logits(model) - theirs).abs().max() <= 1e-4


def _adapter_of_peft(base: Path, folder: Path, options: dict[str, Any]) -> torch.Tensor:
    """Writes an adapter made by PEFT; returns the logits that PEFT has with it, never merged."""
    modules = {"target_modules": "all-linear"}
    config = peft.LoraConfig(task_type="CAUSAL_LM", **{**modules, **options})
    torch.manual_seed(1)
    with torch.device("cpu"):
        model = peft.get_peft_model(load_model(base, dtype="float32").model, config)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.eval().save_pretrained(folder, save_embedding_layers=False)
    return logits(model)


def test_a_head_that_the_adapter_changes_is_no_longer_the_embedding(
    stories: Path, tmp_path: Path
) -> None:
    options = {"r": 2, "lora_alpha": 4, "target_modules": ["lm_head"]}
    _adapter_of_peft(stories, tmp_path / "adapter", options)
    subject = subject_of(Named(adapter=tmp_path / "adapter", model=str(stories)), 10)
    merge(subject, tmp_path / "out")
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert not torch.equal(tensors["lm_head.weight"], tensors["model.embed_tokens.weight"])
    assert (
        json.loads((tmp_path / "out" / "config.json").read_text())["tie_word_embeddings"] is False
    )


def test_gpt2_is_merged_transposed_and_under_its_stored_names(
    test_data: Path, tmp_path: Path
) -> None:
    base = tmp_path / "gpt2"
    config = GPT2Config(vocab_size=1000, n_embd=32, n_layer=2, n_head=2, n_positions=64)
    torch.manual_seed(0)
    GPT2LMHeadModel(config).save_pretrained(base)
    file = base / "model.safetensors"
    renamed = {k.removeprefix("transformer."): v for k, v in load_file(file).items()}
    save_file(renamed, file, metadata={"format": "pt"})  # as the hub's GPT-2 is stored
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((test_data / "models" / "stories260K-hf" / name).read_bytes())
    options = {"r": 2, "lora_alpha": 8, "target_modules": ["c_attn", "c_proj", "c_fc"]}
    theirs = _adapter_of_peft(base, tmp_path / "adapter", {**options, "fan_in_fan_out": True})
    subject = subject_of(Named(adapter=tmp_path / "adapter", model=str(base)), 10)
    model = merge(subject, tmp_path / "out")
    assert (logits(model) - theirs).abs().max() <= 1e-4
    assert set(load_file(tmp_path / "out" / "model.safetensors")) == set(renamed)


def test_a_qlora_is_merged_into_the_base_as_it_is_stored(make_subject: Any, tmp_path: Path) -> None:
    subject = make_subject(four_bit=True)
    assert subject.four_bit and "NF4" in " ".join(subject.notices)
    merge(subject, tmp_path / "out", dtype="float32")
    out = load_file(tmp_path / "out" / "model.safetensors")
    base = load_file(find_folder("whet-nano") / "model.safetensors")
    adapter = load_file(subject.adapter / "adapter_model.safetensors")
    name = "model.layers.0.self_attn.q_proj"
    a, b = (adapter[f"base_model.model.{name}.lora_{x}.weight"] for x in "AB")
    expected = base[f"{name}.weight"].float() + 2.0 * (b @ a)
    assert torch.allclose(out[f"{name}.weight"], expected, atol=1e-6)


def test_weights_keep_the_dtype_of_the_base_and_are_rounded_once(
    make_subject: Any, tmp_path: Path
) -> None:
    subject = make_subject()
    merge(subject, tmp_path / "out")
    merge(subject, tmp_path / "exact", dtype="float32")
    stored = load_file(tmp_path / "out" / "model.safetensors")
    exact = load_file(tmp_path / "exact" / "model.safetensors")
    assert {str(t.dtype) for t in stored.values()} == {"torch.bfloat16"}
    assert all(torch.equal(stored[name], exact[name].bfloat16()) for name in exact)
    assert merged.precision(subject, Options()) == "bfloat16"
    assert json.loads((tmp_path / "exact" / "config.json").read_text())["dtype"] == "float32"


def test_a_sharded_base_is_merged_into_files_of_a_bounded_size(
    stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "sharded"
    AutoModelForCausalLM.from_pretrained(stories).save_pretrained(base, max_shard_size="300KB")
    assert len(list(base.glob("*.safetensors"))) > 2
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((stories / name).read_bytes())
    theirs = _adapter_of_peft(base, tmp_path / "adapter", {"r": 4, "lora_alpha": 8})
    subject = subject_of(Named(adapter=tmp_path / "adapter", model=str(base)), 10)
    monkeypatch.setattr(merged, "SHARD_BYTES", 400_000)
    model = merge(subject, tmp_path / "out")
    files = sorted((tmp_path / "out").glob("*.safetensors"))
    assert len(files) > 1 and max(f.stat().st_size for f in files) < 450_000
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text())
    for file in files:
        with safe_open(file, framework="pt") as opened:
            assert all(index["weight_map"][name] == file.name for name in opened.keys())  # noqa: SIM118
    assert (logits(model) - theirs).abs().max() <= 1e-4


def test_a_layer_that_the_files_put_together_from_others_is_refused(tmp_path: Path) -> None:
    """Nothing is merged into a guess."""
    from whet.artifacts.merging.naming import Skeleton

    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                    num_attention_heads=1)
    )  # fmt: skip
    with pytest.raises(ModelError, match="not stored as one tensor"):
        Skeleton(model, ["model.layers.0.mlp.qkv.weight"]).stored_weight(
            "model.layers.0.mlp.up_proj"
        )


def test_the_folder_holds_all_that_belongs_to_the_model(make_subject: Any, tmp_path: Path) -> None:
    subject = make_subject()
    merge(subject, tmp_path / "out")
    out = tmp_path / "out"
    generation = json.loads((out / "generation_config.json").read_text())
    assert generation["eos_token_id"] == list(subject.stop_ids) == [2, 0]
    assert (out / "chat_template.jinja").read_text() == subject.template
    assert (out / "tokenizer.json").read_bytes() == (
        find_folder("whet-nano") / "tokenizer.json"
    ).read_bytes()
    again = load_model(out)
    assert (again.template, again.stop_ids) == (subject.template, subject.stop_ids)


def test_a_tokenizer_that_transformers_would_change_is_written_so_that_it_is_exact(
    stories: Path, tmp_path: Path
) -> None:
    """AutoTokenizer drops the normaliser of a tokenizer.json where the class is LlamaTokenizer."""
    subject = subject_of(Named(model=str(stories)), 10)
    merge(subject, tmp_path / "out")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out")
    for text in (" Once upon a time", "Once  upon\n\na time", " "):
        ids = subject.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert theirs(text, add_special_tokens=False)["input_ids"] == ids


def test_a_model_without_an_adapter_is_copied_value_for_value(
    stories: Path, tmp_path: Path
) -> None:
    subject = subject_of(Named(model=str(stories)), 10)
    merge(subject, tmp_path / "out")
    before, after = (load_file(p / "model.safetensors") for p in (stories, tmp_path / "out"))
    assert set(before) == set(after) and all(torch.equal(before[n], after[n]) for n in before)


def test_weights_are_handed_out_one_by_one_with_their_folder(make_subject: Any) -> None:
    subject = make_subject()
    with open_weights(subject) as weights:
        names = list(weights.names())
        assert "model.layers.0.self_attn.q_proj.weight" in names
        assert weights.tensor("model.layers.0.self_attn.q_proj.weight").dtype == torch.float32
        assert weights.tensor("model.norm.weight").dtype == torch.bfloat16
        assert (weights.folder / "chat_template.jinja").read_text() == subject.template
    assert not weights.folder.exists()


def test_what_does_not_fit_float16_is_refused_by_name(stories: Path, tmp_path: Path) -> None:
    base = tmp_path / "large"
    loaded = load_model(stories, dtype="float32")
    with torch.no_grad():
        loaded.model.model.layers[1].mlp.up_proj.weight[0, 0] = 1e5
    loaded.model.save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((stories / name).read_bytes())
    subject = subject_of(Named(model=str(base)), 10)
    with pytest.raises(ModelError, match=r"layers\.1\.mlp\.up_proj.* float16 ends at 65504"):
        merge(subject, tmp_path / "out", dtype="float16")
    with pytest.raises(ConfigError, match="float16"):
        merge(subject, tmp_path / "out2", dtype="fp16")


def test_weights_that_are_not_finite_are_refused_by_name(stories: Path, tmp_path: Path) -> None:
    base = tmp_path / "broken"
    loaded = load_model(stories, dtype="float32")
    with torch.no_grad():
        loaded.model.model.layers[2].input_layernorm.weight[0] = float("nan")
    loaded.model.save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((stories / name).read_bytes())
    subject = subject_of(Named(model=str(base)), 10)
    with pytest.raises(ModelError, match=r"layers\.2\.input_layernorm\.weight holds values"):
        merge(subject, tmp_path / "out")


def test_half_filled_helper_has_something_to_merge(make_subject: Any) -> None:
    """The tests above would pass with an empty adapter; this one would not."""
    loaded = make_subject().load("float32")
    with torch.no_grad():
        before = logits(loaded.model)
        fill(loaded.model, std=0.0)
    assert (before - logits(loaded.model)).abs().max() > 0.1
