"""A QLoRA: judged on its base in NF4, shipped on the base as stored, and what that means said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from parity_models import Tuned, change_tensors, questions, tensors_of, write_merged

from whet.artifacts.parity import prove, tolerance_for
from whet.artifacts.parity.tolerance import tolerance_of_base
from whet.engines.reference import Reference, open_judged, open_shipped
from whet.models.adapter import save_adapter
from whet.models.load import load_model
from whet.models.lora import add_lora, lora_modules

PROMPTS: Sequence[Any] = questions("Hello", "What is it?", " a space first")
LAYER = "model.layers.1.mlp.up_proj"


@pytest.fixture(scope="module")
def qlora(llama: Tuned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    loaded = load_model(llama.base, dtype="float32", device="cpu", four_bit=True)
    add_lora(loaded.model, rank=4, alpha=8)
    drawn = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in lora_modules(loaded.model).values():
            module.lora_B.copy_(torch.randn(module.lora_B.shape, generator=drawn) * 0.1)
    folder = tmp_path_factory.mktemp("qlora") / "adapter"
    save_adapter(loaded, folder)
    return folder


def judges(llama: Tuned, qlora: Path) -> tuple[Reference, Reference]:
    """As it was judged, and the same adapter on the base as stored."""
    return open_judged(llama.base, adapter=qlora), open_judged(
        llama.base, adapter=qlora, four_bit=False
    )


@pytest.fixture
def merged(llama: Tuned, qlora: Path, tmp_path: Path) -> Path:
    """Base as stored plus the adapter, by arithmetic of the test's own."""
    folder = write_merged(llama.base, llama.adapter, tmp_path / "merged")
    reference = open_judged(llama.base, adapter=qlora, four_bit=False)
    tensors = tensors_of(llama.base)
    for name, module in lora_modules(reference.loaded.model).items():
        change = module.scale * (module.lora_B @ module.lora_A).detach()
        tensors[f"{name}.weight"] = tensors[f"{name}.weight"].float() + change
    change_tensors(folder, lambda held: held.update(tensors))
    return folder


def test_a_merge_into_the_base_as_stored_is_proven_twice(
    llama: Tuned, qlora: Path, merged: Path
) -> None:
    as_judged, as_stored = judges(llama, qlora)
    assert as_judged.name.endswith("base in NF4)") and "NF4" not in as_stored.name
    exact = tolerance_for("float32", as_stored, PROMPTS, max_new_tokens=6)
    wide = tolerance_of_base(as_judged, as_stored, PROMPTS, max_new_tokens=6, then=exact)
    exported = open_shipped(merged)
    tight = prove(as_stored, exported, PROMPTS, exact, max_new_tokens=6)
    assert tight.passed, tight.cause
    assert tight.max_logit_diff is not None and tight.max_logit_diff < 1e-4
    loose = prove(as_judged, exported, PROMPTS, wide, max_new_tokens=6)
    assert loose.passed, loose.cause
    assert loose.max_logit_diff is not None and loose.max_logit_diff > 1e-3
    assert loose.kind == "nf4+float32"


def test_an_unmerged_layer_of_a_qlora_is_named_by_the_exact_proof(
    llama: Tuned, qlora: Path, merged: Path
) -> None:
    base = tensors_of(llama.base)[f"{LAYER}.weight"].float()
    change_tensors(merged, lambda held: held.update({f"{LAYER}.weight": base}))
    _, as_stored = judges(llama, qlora)
    exact = tolerance_for("float32", as_stored, PROMPTS, max_new_tokens=6)
    proof = prove(as_stored, open_shipped(merged), PROMPTS, exact, max_new_tokens=6)
    assert proof.cause.startswith("unmerged layer: ") and LAYER in proof.cause
