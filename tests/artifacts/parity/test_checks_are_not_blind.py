"""Each check taken out in turn: the fault that it is there for then goes unnamed, or passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from parity_models import Tuned, change_json, change_tensors, questions, tensors_of

from whet.artifacts.parity import proving, tolerance_for
from whet.artifacts.proof import Proof
from whet.engines.reference import open_judged, open_shipped

PROMPTS: Sequence[Any] = questions("Hello", "What is it?")
LAYER = "model.layers.1.mlp.up_proj.weight"
Copy = Callable[..., Path]


def proof_of(tuned: Tuned, folder: Path, *, wide: bool = False) -> Proof:
    judged = open_judged(tuned.base, adapter=tuned.adapter)
    tolerance = tolerance_for("float32", judged, PROMPTS, max_new_tokens=5)
    if wide:
        tolerance = replace(tolerance, max_logit_diff=1e3, kl=1e3)
    return proving.prove(judged, open_shipped(folder), PROMPTS, tolerance, max_new_tokens=5)


def no_faults(*_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
    return [], []


def nothing(*_: Any, **__: Any) -> None:
    return None


def none_wrong(*_: Any, **__: Any) -> list[Any]:
    return []


def test_without_the_facts_a_template_that_asks_alike_would_pass(
    llama: Tuned, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(llama.merged)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().replace("message['content']", "message['content'].strip()"))
    assert proof_of(llama, folder).cause.startswith("wrong template")
    monkeypatch.setattr(proving, "compare_facts", no_faults)
    assert proof_of(llama, folder).passed


def test_without_the_facts_a_dropped_stop_token_would_pass_where_no_answer_ends(
    llama: Tuned, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(llama.merged)
    change_json(folder / "generation_config.json", eos_token_id=0)
    assert proof_of(llama, folder).cause.startswith("dropped stop token")
    monkeypatch.setattr(proving, "compare_facts", no_faults)
    assert proof_of(llama, folder).passed


def test_without_the_answers_a_stop_token_too_many_would_pass(
    llama: Tuned, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = open_judged(llama.base, adapter=llama.adapter).answer(PROMPTS[0], 5).output_ids or ()
    folder = copy_of(llama.merged)
    change_json(folder / "generation_config.json", eos_token_id=[2, 0, said[1]])
    assert proof_of(llama, folder).cause.startswith("another stop token")
    monkeypatch.setattr(proving, "parting", nothing)
    assert proof_of(llama, folder).passed


def test_without_the_prompts_a_template_that_is_not_told_would_not_be_named(
    llama: Tuned, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(llama.merged)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().replace("assistant\\n", "assistant"))
    monkeypatch.setattr(proving, "compare_facts", no_faults)
    assert "another prompt" in proof_of(llama, folder).cause
    monkeypatch.setattr(proving, "compare_prompt", nothing)
    assert "another prompt" not in proof_of(llama, folder).cause


def test_without_the_weights_a_small_change_within_the_tolerance_would_pass(
    llama: Tuned, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(llama.merged)
    base = tensors_of(llama.base)[LAYER].float()
    change_tensors(folder, lambda held: held.update({LAYER: base}))
    assert "unmerged layer" in proof_of(llama, folder, wide=True).cause
    monkeypatch.setattr(proving, "audit", none_wrong)
    monkeypatch.setattr(proving, "parting", nothing)
    assert proof_of(llama, folder, wide=True).passed
    assert proof_of(llama, folder).cause.startswith("other numbers")
