"""What vLLM takes, rule by rule; `test_vllm_reader` asks vLLM itself about the same adapters."""

from __future__ import annotations

from pathlib import Path

import pytest
from adapter_cases import ACCEPTED, REFUSED, TENSORS, write_adapter

from whet.artifacts.rules.adapter import Adapter, read_adapter
from whet.artifacts.rules.finding import Level
from whet.artifacts.rules.lint import lint, require_servable
from whet.artifacts.rules.vllm import check, max_lora_rank
from whet.errors import ModelError


def refusals(adapter: Adapter) -> list[str]:
    return [finding.rule for finding in check(adapter) if finding.level is Level.REFUSED]


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_adapter_that_vllm_takes_has_its_smallest_rank_limit(name: str, tmp_path: Path) -> None:
    changes, most = ACCEPTED[name]
    adapter = read_adapter(write_adapter(tmp_path / "a", changes), "LlamaForCausalLM")
    assert refusals(adapter) == []
    assert max_lora_rank(adapter) == most


@pytest.mark.parametrize("name", REFUSED)
def test_an_adapter_that_vllm_refuses_is_refused_by_its_rule(name: str, tmp_path: Path) -> None:
    changes, rule = REFUSED[name]
    adapter = read_adapter(write_adapter(tmp_path / "a", changes), "LlamaForCausalLM")
    assert rule in refusals(adapter)


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_that_vllm_does_not_know_are_refused(name: str, tmp_path: Path) -> None:
    tensors, rule = TENSORS[name]
    adapter = read_adapter(write_adapter(tmp_path / "a", {}, tensors), "LlamaForCausalLM")
    assert refusals(adapter) == [rule]


def test_a_model_that_vllm_serves_without_adapters_is_refused(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {})
    assert refusals(read_adapter(folder, "GPT2LMHeadModel")) == ["model"]
    told = check(read_adapter(folder, "SomethingForCausalLM"))
    assert [(f.rule, f.level) for f in told] == [("model", Level.WARNING)]


def test_embeddings_are_adapted_only_where_vllm_has_them(tmp_path: Path) -> None:
    head = {
        "base_model.model.lm_head.lora_A.weight": (8, 32),
        "base_model.model.lm_head.lora_B.weight": (64, 8),
    }
    folder = write_adapter(tmp_path / "a", {}, head)
    assert refusals(read_adapter(folder, "LlamaForCausalLM")) == []
    assert refusals(read_adapter(folder, "Qwen2ForCausalLM")) == ["target_modules"]


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {"use_dora": True, "bias": "all", "r": 600})
    with pytest.raises(ModelError) as told:
        require_servable(folder, "vllm")
    assert all(word in str(told.value) for word in ("DoRA", "'all'", "rank 600"))


def test_pickled_weights_are_not_opened(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {})
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(ModelError, match=r"adapter_model\.bin may be a pickle"):
        lint(folder, "vllm")


def test_an_adapter_judged_in_four_bits_is_told_to_differ(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {})
    (folder / "whet.json").write_text('{"format": 1, "base": "b", "base_identity": "0a-nf4"}')
    assert [f.rule for f in lint(folder, "vllm") if f.level is Level.WARNING] == ["model", "qlora"]
