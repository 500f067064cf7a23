"""Faults planted in real merged folders: each refused, with its cause named."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from parity_models import (
    Tuned,
    change_json,
    change_tensors,
    questions,
    tensors_of,
    write_adapter,
    write_merged,
)

from whet.artifacts.parity import probes, prove, tolerance_for
from whet.artifacts.proof import Proof
from whet.engines.reference import open_judged, open_shipped
from whet.errors import ModelError

PROMPTS: Sequence[Any] = [
    *questions("Hello", "What is it?", " a space first", "<|im_end|> in the text"),
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "And a dog?"}],
]
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("tuned_nano", "tuned_stories")]
LAYER = "model.layers.1.mlp.up_proj"
Copy = Callable[..., Path]


def proof_of(tuned: Tuned, folder: Path, kind: str = "float32") -> Proof:
    judged, exported = open_judged(tuned.base, adapter=tuned.adapter), open_shipped(folder)
    tolerance = tolerance_for(kind, judged, PROMPTS, max_new_tokens=8)
    return prove(judged, exported, PROMPTS, tolerance, max_new_tokens=8)


def refused(proof: Proof, what: str) -> None:
    assert not proof.passed
    assert proof.cause.startswith(f"{what}: "), proof.cause


@pytest.fixture(params=["llama", *SLOW])
def tuned(request: pytest.FixtureRequest) -> Tuned:
    found: Tuned = request.getfixturevalue(request.param)
    return found


def test_a_good_merge_passes_within_a_ten_thousandth(tuned: Tuned) -> None:
    proof = proof_of(tuned, tuned.merged)
    assert proof.passed, proof.cause
    assert proof.max_logit_diff is not None and proof.max_logit_diff <= 1e-4
    assert proof.greedy_equal == len(PROMPTS)


def test_a_wrong_template_is_named_with_where_it_parts(tuned: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned.merged)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().replace("message['content']", "message['content'].strip()"))
    proof = proof_of(tuned, folder)
    refused(proof, "wrong template")
    assert ".strip()" in proof.cause


def test_a_template_with_one_line_break_less_is_refused(tuned_nano: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_nano.merged)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().replace("assistant\\n", "assistant"))
    proof = proof_of(tuned_nano, folder)
    refused(proof, "wrong template")
    assert "another prompt" in proof.cause


def test_a_dropped_stop_token_is_named(tuned_nano: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_nano.merged)
    change_json(folder / "generation_config.json", eos_token_id=0)
    proof = proof_of(tuned_nano, folder)
    refused(proof, "dropped stop token")
    assert "'<|im_end|>' (2)" in proof.cause


def test_a_stop_token_too_many_ends_answers_early(tuned_stories: Tuned, copy_of: Copy) -> None:
    judged = open_judged(tuned_stories.base, adapter=tuned_stories.adapter)
    said = judged.answer(PROMPTS[0], 8).output_ids or ()
    assert len(said) > 2
    folder = copy_of(tuned_stories.merged)
    change_json(folder / "generation_config.json", eos_token_id=[2, said[1]])
    proof = proof_of(tuned_stories, folder)
    refused(proof, "another stop token")


def test_an_unmerged_layer_is_named(tuned: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned.merged)
    base = tensors_of(tuned.base)[f"{LAYER}.weight"].float()
    change_tensors(folder, lambda held: held.update({f"{LAYER}.weight": base}))
    proof = proof_of(tuned, folder)
    refused(proof, "unmerged layer")
    assert LAYER in proof.cause and "(1 of " in proof.cause


def test_a_model_without_its_adapter_is_named(tuned: Tuned, tmp_path: Path) -> None:
    def drop(held: dict[str, torch.Tensor]) -> None:
        held.update({name: base[name].float() for name in held if name in base})

    folder = write_merged(tuned.base, tuned.adapter, tmp_path / "bare")
    base = tensors_of(tuned.base)
    change_tensors(folder, drop)
    refused(proof_of(tuned, folder), "adapter not merged")


def test_a_swapped_adapter_is_named(tuned: Tuned, tmp_path: Path) -> None:
    folder = write_merged(tuned.base, tuned.other, tmp_path / "swapped")
    refused(proof_of(tuned, folder), "swapped adapter")


def test_an_adapter_merged_twice_is_named(tuned: Tuned, tmp_path: Path) -> None:
    folder = _scaled(tuned, tmp_path, 2.0)
    proof = proof_of(tuned, folder)
    refused(proof, "adapter mis-scaled")
    assert "2 times the adapter's change; it was merged twice" in proof.cause


def test_rslora_merged_with_the_plain_scale_is_named(llama: Tuned, tmp_path: Path) -> None:
    adapter = write_adapter(llama.base, tmp_path / "adapter", rslora=True, seed=3)
    assert json.loads((adapter / "adapter_config.json").read_text())["use_rslora"] is True
    tuned = Tuned(llama.base, adapter, adapter, tmp_path)
    good = write_merged(tuned.base, adapter, tmp_path / "good")
    assert proof_of(tuned, good).passed
    folder = _scaled(tuned, tmp_path, 1 / math.sqrt(4))
    refused(proof_of(tuned, folder), "rsLoRA mis-scaled")


def _scaled(tuned: Tuned, tmp_path: Path, factor: float) -> Path:
    folder = write_merged(tuned.base, tuned.adapter, tmp_path / "scaled")
    base = tensors_of(tuned.base)

    def scale(held: dict[str, torch.Tensor]) -> None:
        for name in held:
            if name in base:
                held[name] = base[name].float() + factor * (held[name] - base[name].float())

    change_tensors(folder, scale)
    return folder


def test_a_doubled_bos_is_named(tuned_stories: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_stories.merged)
    file = folder / "chat_template.jinja"
    file.write_text("{{ bos_token }}" + file.read_text())
    refused(proof_of(tuned_stories, folder), "doubled BOS")


def test_a_missing_bos_is_named(tuned_stories: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_stories.merged)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().removeprefix("{{ bos_token }}"))
    refused(proof_of(tuned_stories, folder), "missing BOS")


def test_a_tied_head_without_weights_is_refused_at_loading(
    tuned_nano: Tuned, copy_of: Copy
) -> None:
    folder = copy_of(tuned_nano.merged)
    change_json(folder / "config.json", tie_word_embeddings=False)
    with pytest.raises(ModelError, match=r"tied head lost.*lm_head\.weight"):
        open_shipped(folder)


def test_a_tied_head_replaced_by_other_numbers_is_named(tuned: Tuned, copy_of: Copy) -> None:
    def head(held: dict[str, torch.Tensor]) -> None:
        embedding = held["model.embed_tokens.weight"]
        noise = torch.randn(embedding.shape, generator=torch.Generator().manual_seed(0))
        held["lm_head.weight"] = noise * embedding.std()

    folder = copy_of(tuned.merged)
    change_json(folder / "config.json", tie_word_embeddings=False)
    change_tensors(folder, head)
    refused(proof_of(tuned, folder), "output head lost")


def test_a_head_of_its_own_that_was_tied_away_is_named(llama: Tuned, copy_of: Copy) -> None:
    folder = copy_of(llama.merged)
    change_json(folder / "config.json", tie_word_embeddings=True)
    change_tensors(folder, _without_head)
    refused(proof_of(llama, folder), "output head lost")


def _without_head(held: dict[str, torch.Tensor]) -> None:
    del held["lm_head.weight"]


def test_another_tokenizer_is_named(tuned_nano: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_nano.merged)
    file = folder / "tokenizer.json"
    held = json.loads(file.read_text())
    held["model"]["merges"] = held["model"]["merges"][:-600]  # of 2,700 or so
    file.write_text(json.dumps(held))
    judged = open_judged(tuned_nano.base, adapter=tuned_nano.adapter)
    tolerance = tolerance_for("float32", judged, [], max_new_tokens=2)
    exported = open_shipped(folder)
    proof = prove(judged, exported, probes(), tolerance, max_new_tokens=2)
    refused(proof, "another tokenizer")


def test_a_normaliser_that_was_dropped_is_named(tuned_stories: Tuned, copy_of: Copy) -> None:
    folder = copy_of(tuned_stories.merged)
    file = folder / "tokenizer.json"
    held = json.loads(file.read_text())
    assert held["normalizer"] is not None
    held["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    file.write_text(json.dumps(held))
    refused(proof_of(tuned_stories, folder), "another tokenizer")


def test_another_base_is_named(llama: Tuned, copy_of: Copy) -> None:
    def shift(held: dict[str, torch.Tensor]) -> None:
        held["model.norm.weight"] = held["model.norm.weight"] * 1.01

    folder = copy_of(llama.merged)
    change_tensors(folder, shift)
    proof = proof_of(llama, folder)
    refused(proof, "other weights")
    assert "model.norm" in proof.cause


def test_a_value_that_is_no_number_is_named(llama: Tuned, copy_of: Copy) -> None:
    def spoil(held: dict[str, torch.Tensor]) -> None:
        held["model.norm.weight"][3] = math.nan

    folder = copy_of(llama.merged)
    change_tensors(folder, spoil)
    proof = proof_of(llama, folder)
    assert not proof.passed and "not finite" in proof.cause
    assert proof.max_logit_diff is None and json.dumps(proof.to_json(), allow_nan=False)


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_faults_are_named_in_half_precision_too(llama: Tuned, tmp_path: Path, kind: str) -> None:
    folder = write_merged(llama.base, llama.adapter, tmp_path / "half")
    base = tensors_of(llama.base)[f"{LAYER}.weight"].float()
    dtype = getattr(torch, kind)

    def halve(held: dict[str, torch.Tensor]) -> None:
        held.update({name: tensor.to(dtype) for name, tensor in held.items()})

    change_tensors(folder, halve)
    change_json(folder / "config.json", dtype=kind)
    good = proof_of(llama, folder, kind)
    assert good.passed, good.cause
    change_tensors(folder, lambda held: held.update({f"{LAYER}.weight": base.to(dtype)}))
    proof = proof_of(llama, folder, kind)
    refused(proof, "unmerged layer")
    assert LAYER in proof.cause
