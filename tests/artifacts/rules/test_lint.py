"""Every server's rules by its name, for adapters that are and for those that will be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from adapter_cases import write_adapter

from whet.artifacts.rules.finding import Level
from whet.artifacts.rules.lint import TARGETS, lint, lint_plan, require_servable
from whet.config import Config
from whet.errors import ModelError


def plan(serve_on: str, **train: object) -> Config:
    return Config.model_validate(
        {"model": "whet-nano", "serve_on": serve_on, "train": train, "data": {"train": "a.jsonl"}}
    )


def said(findings: Sequence[object]) -> str:
    return "\n".join(map(str, findings))


@pytest.mark.parametrize("target", TARGETS)
def test_a_plain_adapter_is_served_everywhere(target: str, tmp_path: Path) -> None:
    findings = require_servable(write_adapter(tmp_path / "a", {}), target)
    assert all(finding.level is not Level.REFUSED for finding in findings)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "whole layers"),
        ({"init_lora_weights": "pissa_niter_4"}, "changes the base"),
        ({"peft_type": "LOHA"}, "LOHA"),
    ],
)
def test_what_a_gguf_adapter_cannot_hold_is_refused_and_merged_instead(
    changes: dict[str, object], word: str, tmp_path: Path
) -> None:
    folder = write_adapter(tmp_path / "a", changes)
    with pytest.raises(ModelError, match=word):
        require_servable(folder, "gguf-adapter")
    warned = lint(folder, "llama.cpp")
    assert [f.level for f in warned] == [Level.WARNING]
    assert "merged (--to gguf)" in warned[0].text


def test_rank_patterns_and_rslora_go_into_a_gguf_adapter(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {"use_rslora": True, "rank_pattern": {"q_proj": 4}})
    assert lint(folder, "gguf-adapter") == []


def test_tensors_that_are_no_pairs_keep_an_adapter_from_being_a_gguf(tmp_path: Path) -> None:
    tensors = {"base_model.model.model.embed_tokens.lora_embedding_A": (8, 64)}
    with pytest.raises(ModelError, match="no pair"):
        require_servable(write_adapter(tmp_path / "a", {}, tensors), "gguf-adapter")


def test_desktops_get_merged_files_and_tgi_is_archived(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", {})
    assert "merged" in said(lint(folder, "ollama"))
    assert "loads no adapters" in said(lint(folder, "lmstudio"))
    assert "archived" in said(lint(folder, "tgi"))


def test_a_plan_is_held_against_the_place_of_serving() -> None:
    assert [f.rule for f in lint_plan(plan("vllm", dora=True))] == ["use_dora"]
    assert lint_plan(plan("vllm", rank=600))[0].level is Level.REFUSED
    assert lint_plan(plan("vllm", rank=512)) == []
    assert lint_plan(plan("vllm", dora=False, method="full")) == []
    assert [f.rule for f in lint_plan(plan("vllm", method="qlora"))] == ["qlora"]
    assert [f.level for f in lint_plan(plan("llama.cpp", dora=True))] == [Level.WARNING]
    assert lint_plan(plan("transformers", dora=True, rank=600)) == []


def test_a_plan_is_held_against_the_base_where_it_is_at_hand(stories: Path, tmp_path: Path) -> None:
    assert lint_plan(plan("vllm"), stories) == []
    assert lint_plan(plan("llama.cpp"), stories) == []
    gpt2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 2, "n_head": 2}
    (tmp_path / "config.json").write_text(json.dumps(gpt2))
    assert "GPT2LMHeadModel without adapters" in said(lint_plan(plan("vllm"), tmp_path))
    for target in ("llama.cpp", "ollama", "lmstudio"):
        [finding, *_] = lint_plan(plan(target, method="full"), tmp_path)
        assert finding.level is Level.WARNING
        assert "gpt2" in finding.text
