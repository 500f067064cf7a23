"""Faults planted in GGUF files, each run in llama.cpp: refused, with its cause named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parity_models import FolderWeights, Tuned, questions, write_adapter, write_merged

from whet.artifacts.parity import prove, tolerance_for
from whet.artifacts.proof import Proof
from whet.engines.reference import Reference, open_judged

pytest.importorskip("gguf")
pytest.importorskip("xllamacpp")
from gguf_faults import rewrite, values_of

from whet.artifacts.gguf import write_gguf, write_gguf_adapter
from whet.engines.llama_cpp import LlamaCpp

PROMPTS: Sequence[Any] = questions("Hello", "What is it?", " a space first")
SLOW_STORIES = pytest.param("tuned_stories", marks=pytest.mark.slow)
UP, GATE = "blk.1.ffn_up.weight", "blk.1.ffn_gate.weight"


@dataclass(frozen=True, slots=True)
class Files:
    """GGUF files of a tuned model, in F32: merged, the base alone, and with the other adapter."""

    tuned: Tuned
    merged: Path
    base: Path
    other: Path


@pytest.fixture(scope="module", params=["llama", SLOW_STORIES])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    tuned: Tuned = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("gguf")
    other = write_merged(tuned.base, tuned.other, folder / "other")
    made = Files(tuned, *(folder / f"{name}.gguf" for name in ("merged", "base", "other")))
    for source, file in ((tuned.merged, made.merged), (tuned.base, made.base), (other, made.other)):
        write_gguf(FolderWeights(source), file, "F32")
    return made


@contextmanager
def running(file: Path, adapter: Path | None = None) -> Iterator[LlamaCpp]:
    engine = LlamaCpp(file, adapter=adapter, threads=1)
    try:
        yield engine
    finally:
        engine.close()


def judged_of(tuned: Tuned) -> Reference:
    return open_judged(tuned.base, adapter=tuned.adapter)


def proof_of(tuned: Tuned, file: Path, kind: str = "F32", adapter: Path | None = None) -> Proof:
    judged = judged_of(tuned)
    tolerance = tolerance_for(kind, judged, PROMPTS, max_new_tokens=6)
    with running(file, adapter) as exported:
        return prove(judged, exported, PROMPTS, tolerance, max_new_tokens=6)


def refused(proof: Proof, what: str) -> None:
    assert not proof.passed
    assert proof.cause.startswith(f"{what}: "), proof.cause


def test_a_good_file_passes(files: Files) -> None:
    proof = proof_of(files.tuned, files.merged)
    assert proof.passed, proof.cause
    assert proof.max_logit_diff is not None and proof.max_logit_diff <= 5e-4
    assert proof.greedy_equal == len(PROMPTS)


def test_a_wrong_template_is_named(files: Files, tmp_path: Path) -> None:
    key = "tokenizer.chat_template"
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    file = rewrite(files.merged, tmp_path / "faulty.gguf", fields={key: template})
    refused(proof_of(files.tuned, file), "wrong template")


def test_an_unmerged_layer_is_named(files: Files, tmp_path: Path) -> None:
    tensors = {UP: values_of(files.base, UP)}
    file = rewrite(files.merged, tmp_path / "faulty.gguf", tensors=tensors)
    proof = proof_of(files.tuned, file)
    refused(proof, "unmerged layer")
    assert "model.layers.1.mlp.up_proj" in proof.cause


@pytest.mark.slow
def test_an_unmerged_layer_with_turned_rows_is_named(files: Files, tmp_path: Path) -> None:
    name = "blk.0.attn_q.weight"
    tensors = {name: values_of(files.base, name)}
    proof = proof_of(files.tuned, rewrite(files.merged, tmp_path / "faulty.gguf", tensors=tensors))
    refused(proof, "unmerged layer")
    assert "model.layers.0.self_attn.q_proj" in proof.cause


@pytest.mark.slow
def test_a_file_without_the_adapter_is_named(files: Files) -> None:
    refused(proof_of(files.tuned, files.base), "adapter not merged")


@pytest.mark.slow
def test_a_swapped_adapter_is_named(files: Files) -> None:
    refused(proof_of(files.tuned, files.other), "swapped adapter")


@pytest.mark.slow
def test_layers_written_under_each_others_names_are_named(files: Files, tmp_path: Path) -> None:
    tensors = {UP: values_of(files.merged, GATE), GATE: values_of(files.merged, UP)}
    proof = proof_of(files.tuned, rewrite(files.merged, tmp_path / "faulty.gguf", tensors=tensors))
    refused(proof, "other weights")
    assert "up_proj" in proof.cause and "gate_proj" in proof.cause


@pytest.mark.slow
def test_a_lost_head_is_named(files: Files, tmp_path: Path) -> None:
    held = values_of(files.merged, "token_embd.weight")
    noise = np.random.default_rng(0).normal(0, held.std(), held.shape).astype(np.float32)
    file = rewrite(files.merged, tmp_path / "faulty.gguf", tensors={"output.weight": noise})
    refused(proof_of(files.tuned, file), "output head lost")


@pytest.mark.slow
@pytest.mark.parametrize("files", ["llama"], indirect=True)
def test_a_head_of_its_own_that_was_left_out_is_named(files: Files, tmp_path: Path) -> None:
    file = rewrite(files.merged, tmp_path / "faulty.gguf", drop=["output.weight"])
    refused(proof_of(files.tuned, file), "output head lost")


@pytest.mark.slow
@pytest.mark.parametrize("files", ["tuned_stories"], indirect=True)
def test_a_doubled_bos_is_named(files: Files, tmp_path: Path) -> None:
    key = "tokenizer.chat_template"
    template = (files.tuned.merged / "chat_template.jinja").read_text()
    fields = {
        key: "{{ bos_token }}{{ bos_token }}" + template,
        "tokenizer.ggml.add_bos_token": True,
    }
    file = rewrite(files.merged, tmp_path / "faulty.gguf", fields=fields)
    refused(proof_of(files.tuned, file), "doubled BOS")


@pytest.mark.slow
@pytest.mark.parametrize("files", ["tuned_stories"], indirect=True)
def test_a_missing_bos_is_named(files: Files, tmp_path: Path) -> None:
    fields = {
        "tokenizer.chat_template": (files.tuned.merged / "chat_template.jinja")
        .read_text()
        .removeprefix("{{ bos_token }}"),
        "tokenizer.ggml.add_bos_token": False,
    }
    file = rewrite(files.merged, tmp_path / "faulty.gguf", fields=fields)
    refused(proof_of(files.tuned, file), "missing BOS")


@pytest.mark.slow
@pytest.mark.parametrize("files", ["llama"], indirect=True)
def test_another_tokenizer_is_named(files: Files, tmp_path: Path) -> None:
    merges = field_of(files.merged, "tokenizer.ggml.merges")
    fields = {"tokenizer.ggml.merges": merges[:200]}
    file = rewrite(files.merged, tmp_path / "faulty.gguf", fields=fields)
    refused(proof_of(files.tuned, file), "another tokenizer")


@pytest.mark.slow
@pytest.mark.parametrize("files", ["llama"], indirect=True)
@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0"])
def test_faults_are_named_in_quantised_files_too(files: Files, tmp_path: Path, kind: str) -> None:
    good = tmp_path / "good.gguf"
    write_gguf(FolderWeights(files.tuned.merged), good, kind)
    proof = proof_of(files.tuned, good, kind)
    assert proof.passed, proof.cause
    base = tmp_path / "base.gguf"
    write_gguf(FolderWeights(files.tuned.base), base, kind)
    file = rewrite(good, tmp_path / "faulty.gguf", of=(base, UP))
    proof = proof_of(files.tuned, file, kind)
    refused(proof, "unmerged layer")
    assert "model.layers.1.mlp.up_proj" in proof.cause


@pytest.mark.slow
@pytest.mark.parametrize("files", ["llama"], indirect=True)
def test_a_gguf_adapter_that_missed_rslora_is_named(files: Files, tmp_path: Path) -> None:
    base = files.tuned.base
    adapter = write_adapter(base, tmp_path / "adapter", rslora=True, seed=3)
    tuned = Tuned(base, adapter, adapter, base)
    good, faulty = tmp_path / "good.gguf", tmp_path / "faulty.gguf"
    write_gguf_adapter(adapter, base, good)
    proof = proof_of(tuned, files.base, adapter=good)
    assert proof.passed, proof.cause
    config = json.loads((adapter / "adapter_config.json").read_text())
    alpha = float(config["lora_alpha"])
    rewrite(good, faulty, fields={"adapter.lora.alpha": alpha})
    refused(proof_of(tuned, files.base, adapter=faulty), "rsLoRA mis-scaled")


def field_of(file: Path, key: str) -> Any:
    import gguf

    field = gguf.GGUFReader(file).get_field(key)
    assert field is not None
    return field.contents()


@pytest.mark.slow
def test_a_dropped_stop_token_is_named(llama: Tuned, tmp_path: Path) -> None:
    """Its text is none of those that llama.cpp takes for an end whatever the file says."""
    tuned = _with_own_stop(llama, tmp_path)
    good = tmp_path / "good.gguf"
    write_gguf(FolderWeights(tuned.merged), good, "F32")
    proof = proof_of(tuned, good)
    assert proof.passed, proof.cause
    fields = {"tokenizer.ggml.eos_token_id": 0}
    drop = ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"]
    file = rewrite(good, tmp_path / "faulty.gguf", fields=fields, drop=drop)
    proof = proof_of(tuned, file)
    refused(proof, "dropped stop token")
    assert "<|done|>" in proof.cause


def _with_own_stop(tuned: Tuned, tmp_path: Path) -> Tuned:
    import shutil

    made = Tuned(*(tmp_path / name for name in ("base", "adapter", "adapter", "merged")))
    for source, folder in ((tuned.base, made.base), (tuned.merged, made.merged)):
        shutil.copytree(source, folder)
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            text = (folder / name).read_text().replace("<|im_end|>", "<|done|>")
            (folder / name).write_text(text)
    shutil.copytree(tuned.adapter, made.adapter)
    (made.adapter / "whet.json").unlink()
    return made
