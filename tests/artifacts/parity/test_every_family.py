"""The faults of weights, template and stop tokens, planted in every family's folder and GGUF."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from parity_models import (
    FAMILIES,
    FolderWeights,
    Tuned,
    change_json,
    change_tensors,
    questions,
    tensors_of,
    write_adapter,
    write_base,
    write_merged,
)

from whet.artifacts.parity import prove, tolerance_for
from whet.engines.engine import Engine
from whet.engines.reference import open_judged, open_shipped

PROMPTS: Sequence[Any] = questions("Hello", "What is it?")
LAYER = "model.layers.1.mlp.down_proj"
OUTPUT = "model.layers.2.self_attn.o_proj"


@pytest.fixture(scope="module", params=FAMILIES)
def tuned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """Each family, with an rsLoRA adapter of rank 16, as PEFT describes it."""
    folder = tmp_path_factory.mktemp(request.param)
    base = write_base(request.param, folder / "base")
    adapter = write_adapter(base, folder / "adapter", rslora=True, rank=16)
    other = write_adapter(base, folder / "other", seed=4, rslora=True, rank=16)
    return Tuned(base, adapter, other, write_merged(base, adapter, folder / "merged"))


def cause_of(tuned: Tuned, exported: Engine, kind: str) -> str:
    judged = open_judged(tuned.base, adapter=tuned.adapter)
    tolerance = tolerance_for(kind, judged, PROMPTS, max_new_tokens=4)
    proof = prove(judged, exported, PROMPTS, tolerance, max_new_tokens=4)
    assert proof.passed is (proof.cause == "")
    return proof.cause


def partly(tuned: Tuned, share: float, *layers: str) -> Callable[[dict[str, torch.Tensor]], None]:
    """Of some layers (or all) only a share of what the adapter changed."""
    base = tensors_of(tuned.base)

    def change(held: dict[str, torch.Tensor]) -> None:
        for name in held:
            if not layers or name.removesuffix(".weight") in layers:
                held[name] = base[name] + share * (held[name] - base[name])

    return change


def other_head(held: dict[str, torch.Tensor]) -> None:
    noise = torch.randn(held["model.embed_tokens.weight"].shape)
    held["lm_head.weight"] = noise * held["model.embed_tokens.weight"].std()


def faulty(tuned: Tuned, folder: Path, what: str) -> None:
    """Plants the fault in a copy of the merged folder."""
    if what == "swapped adapter":
        write_merged(tuned.base, tuned.other, folder)
        return
    shutil.copytree(tuned.merged, folder)
    changes = {
        "unmerged layer": partly(tuned, 0.0, LAYER, OUTPUT),
        "adapter not merged": partly(tuned, 0.0),
        "rsLoRA mis-scaled": partly(tuned, 1 / math.sqrt(16)),
        "adapter mis-scaled": partly(tuned, 2.0),
        "output head lost": other_head,
    }
    if what in changes:
        change_tensors(folder, changes[what])
    if what == "output head lost":
        change_json(folder / "config.json", tie_word_embeddings=False)
    if what == "dropped stop token":
        change_json(folder / "generation_config.json", eos_token_id=0)
    if what == "wrong template":
        (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")


OF_WEIGHTS = ("unmerged layer", "adapter not merged", "rsLoRA mis-scaled", "swapped adapter")
OF_FOLDERS = (
    *OF_WEIGHTS,
    "adapter mis-scaled",
    "output head lost",
    "dropped stop token",
    "wrong template",
)


@pytest.mark.slow
@pytest.mark.parametrize("what", OF_FOLDERS)
def test_a_fault_in_the_folder_is_named(tuned: Tuned, tmp_path: Path, what: str) -> None:
    faulty(tuned, tmp_path / "faulty", what)
    cause = cause_of(tuned, open_shipped(tmp_path / "faulty"), "float32")
    assert cause.startswith(f"{what}: "), cause
    if what == "unmerged layer":
        assert LAYER in cause and OUTPUT in cause


@pytest.mark.slow
@pytest.mark.parametrize("what", ["", *OF_WEIGHTS])
def test_a_fault_in_the_gguf_is_named(tuned: Tuned, tmp_path: Path, what: str) -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("xllamacpp")
    from whet.artifacts.gguf import write_gguf
    from whet.engines.llama_cpp import LlamaCpp

    faulty(tuned, tmp_path / "faulty", what)
    write_gguf(FolderWeights(tmp_path / "faulty"), tmp_path / "faulty.gguf", "Q8_0")
    exported = LlamaCpp(tmp_path / "faulty.gguf", threads=1)
    cause = cause_of(tuned, exported, "Q8_0")
    exported.close()
    assert cause.startswith(f"{what}: ") if what else cause == "", cause


def test_the_adapter_says_of_itself_that_it_is_rslora(tmp_path: Path) -> None:
    base = write_base("qwen3", tmp_path / "base")
    adapter = write_adapter(base, tmp_path / "adapter", rslora=True, rank=16)
    assert json.loads((adapter / "adapter_config.json").read_text())["use_rslora"] is True
