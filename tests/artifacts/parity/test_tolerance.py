"""Tolerances: constants where nothing is rounded, measured on the model where something is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from parity_models import Tuned, questions, write_base

from whet.artifacts.parity import prove
from whet.artifacts.parity.rounded_model import rounded_model, stored_as
from whet.artifacts.parity.tolerance import format_of, tolerance_for, tolerance_of_base
from whet.engines.reference import open_judged, open_shipped
from whet.errors import ModelError

PROMPTS: Sequence[Any] = questions("Hello", "What is it?")


def of(tuned: Tuned, kind: str, **more: Any) -> Any:
    judged = open_judged(tuned.base, adapter=tuned.adapter)
    return tolerance_for(kind, judged, PROMPTS, max_new_tokens=6, **more)


def test_float32_is_the_same_for_every_model(llama: Tuned) -> None:
    assert of(llama, "float32").max_logit_diff == of(llama, "merged-float32").max_logit_diff == 1e-4
    assert of(llama, "F32").max_logit_diff == of(llama, "endpoint-float32").max_logit_diff == 5e-4


def test_a_coarser_format_has_a_wider_tolerance_and_says_where_it_comes_from(llama: Tuned) -> None:
    kinds = ("F16", "BF16", "Q8_0", "Q5_K_M", "Q4_0", "Q3_K_S")
    found = [of(llama, kind) for kind in kinds]
    assert [t.max_logit_diff for t in found] == sorted(t.max_logit_diff for t in found)
    assert [t.kl for t in found] == sorted(t.kl for t in found)
    assert "rounded to Q8_0, inputs of products as Q8_0, on these 2 prompts" in found[2].derivation
    assert "rounded to U5" in found[3].derivation


def test_float16_is_finer_than_bfloat16_by_their_unit_roundoffs(llama: Tuned) -> None:
    fine, coarse = of(llama, "float16"), of(llama, "bfloat16")
    share = (coarse.max_logit_diff - 1e-4) / (fine.max_logit_diff - 1e-4)
    assert 4 < share < 16, "2^-8 against 2^-11 is 8"


def test_an_endpoint_computes_in_half_precision_too(llama: Tuned) -> None:
    assert of(llama, "endpoint-bfloat16").kl > of(llama, "bfloat16").kl


def test_the_model_is_afterwards_as_it_was_bit_by_bit(llama: Tuned) -> None:
    judged = open_judged(llama.base, adapter=llama.adapter)
    ids = judged.answer(PROMPTS[0], 4).prompt_ids or ()
    before = judged.logprobs(ids, ())
    names = [name for name, _ in judged.loaded.model.named_parameters()]
    rule = stored_as("Q4_0", whole=False, head="lm_head.weight")
    with rounded_model(judged.loaded.model, rule, "Q8_0", in_llama_cpp=True):
        assert abs(judged.logprobs(ids, ()) - before).max() > 0.1
    assert (judged.logprobs(ids, ()) == before).all()
    assert [name for name, _ in judged.loaded.model.named_parameters()] == names


def test_the_head_is_kept_finer_than_the_other_matrices() -> None:
    rule = stored_as("Q4_0", whole=False, head="lm_head.weight")
    assert rule("lm_head.weight", (64, 64)) == "Q8_0"
    assert rule("model.layers.0.mlp.up_proj.weight", (64, 64)) == "Q4_0"
    assert rule("model.layers.0.mlp.up_proj.weight", (64, 50)) == "F16"
    assert rule("model.norm.weight", (64,)) == "F32"
    assert stored_as("BF16", whole=True, head="")("model.norm.weight", (64,)) == "BF16"


def test_gelu_in_llama_cpp_is_allowed_for_where_there_is_one(tmp_path: Path, llama: Tuned) -> None:
    base = write_base("gemma3_text", tmp_path / "base")
    judged = open_judged(base)
    found = tolerance_for("F32", judged, PROMPTS, max_new_tokens=4)
    assert found.max_logit_diff > 5e-4 and "GELU" in found.derivation
    folder = tolerance_for("float32", judged, PROMPTS, max_new_tokens=4)
    assert folder.max_logit_diff == 1e-4


def test_a_long_prompt_widens_what_llama_cpp_may_do_in_float32(tuned_nano: Tuned) -> None:
    """Measured on whet-nano: 2e-5 at 12 to 80 tokens, 7e-5 at 180, 4.5e-4 at 1,012."""
    judged = open_judged(tuned_nano.base, adapter=tuned_nano.adapter)
    long = questions(" ".join(f"word{number % 37}" for number in range(500)))
    short = tolerance_for("F32", judged, PROMPTS, max_new_tokens=4)
    wide = tolerance_for("F32", judged, long, max_new_tokens=4)
    assert short.max_logit_diff == 5e-4 < wide.max_logit_diff < 5e-3
    assert tolerance_for("float32", judged, long, max_new_tokens=4).max_logit_diff < 5e-4


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="no tolerance is known for 'gguf-MXFP4'"):
        format_of("gguf-MXFP4")
    with pytest.raises(ModelError, match="merged-Q8_0"):
        format_of("merged-Q8_0")


def test_a_base_in_nf4_is_not_rounded_again_but_measured(llama: Tuned) -> None:
    in_four_bits = open_judged(llama.base, four_bit=True)
    stored = open_judged(llama.base)
    assert in_four_bits.in_four_bits and not stored.in_four_bits
    with pytest.raises(ModelError, match="NF4"):
        tolerance_for("bfloat16", in_four_bits, PROMPTS, max_new_tokens=4)
    then = tolerance_for("float32", stored, PROMPTS, max_new_tokens=4)
    found = tolerance_of_base(in_four_bits, stored, PROMPTS, max_new_tokens=4, then=then)
    assert found.kind == "nf4+float32"
    assert (
        found.max_logit_diff > 100 * then.max_logit_diff and "in NF4, as judged" in found.derivation
    )


def test_weights_are_rounded_once_where_the_head_is_the_embedding(tuned_nano: Tuned) -> None:
    judged = open_judged(tuned_nano.base, adapter=tuned_nano.adapter)
    model = judged.loaded.model
    held = model.get_input_embeddings().weight
    before = held.detach().clone()
    rule = stored_as("Q4_0", whole=False, head="model.embed_tokens.weight")
    with rounded_model(model, rule):
        assert model.get_output_embeddings().weight is held
        assert not torch.equal(held, before)
    assert torch.equal(held, before)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_server_that_computes_in_half_precision_is_as_far_as_predicted(
    llama: Tuned, dtype: str
) -> None:
    judged, served = (
        open_judged(llama.base, adapter=llama.adapter),
        open_shipped(llama.merged, dtype=dtype),
    )
    found = tolerance_for(f"endpoint-{dtype}", judged, PROMPTS, max_new_tokens=6)
    proof = prove(judged, served, PROMPTS, found, max_new_tokens=6)
    assert proof.passed, proof.cause
    assert proof.max_logit_diff is not None
    assert 0.4 < proof.max_logit_diff / found.max_logit_diff < 0.6
    assert f"all computed in torch.{dtype}" in found.derivation


def test_a_format_in_which_the_model_overflows_has_no_tolerance(
    llama: Tuned, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (float("inf"), float("inf"))
    monkeypatch.setattr("whet.artifacts.parity.tolerance._moved", lambda *_: found)
    with pytest.raises(ModelError, match=r"no numbers.*float16"):
        of(llama, "endpoint-float16")
