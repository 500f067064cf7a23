"""Engines whose weights cannot be looked at: the fault is told by what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from parity_models import Tuned, questions

from whet.artifacts.parity import prove, tolerance_for
from whet.artifacts.proof import Proof
from whet.engines.engine import Answer, Facts, Logprobs
from whet.engines.reference import Reference, open_judged
from whet.errors import EndpointError
from whet.models.lora import lora_modules
from whet.types import Messages

PROMPTS: Sequence[Any] = questions("Hello", "What is it?", " a space first")
LAYER = "model.layers.2.self_attn.v_proj"


class Remote:
    """A model that tells what a server tells: answers, and as much of the rest as it is let."""

    name = "remote"

    def __init__(
        self, inner: Reference, *, facts: Facts | None = None, numbers: bool = True
    ) -> None:
        self._inner, self._facts, self._numbers = inner, facts, numbers
        self.change: Callable[[Answer], Answer] = lambda answer: answer

    def facts(self) -> Facts:
        return self._facts or Facts()

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        return self.change(self._inner.answer(messages, max_new_tokens))

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs | None:
        return self._inner.logprobs(prompt, answer) if self._numbers else None

    def close(self) -> None:
        self._inner.close()


def judged_of(tuned: Tuned) -> Reference:
    return open_judged(tuned.base, adapter=tuned.adapter)


def proof_of(tuned: Tuned, remote: Remote, **more: Any) -> Proof:
    judged = judged_of(tuned)
    tolerance = tolerance_for("float32", judged, PROMPTS, max_new_tokens=6, **more)
    return prove(judged, remote, PROMPTS, tolerance, max_new_tokens=6)


def scaled(tuned: Tuned, factor: float, only: str | None = None) -> Remote:
    inner = judged_of(tuned)
    for name, module in lora_modules(inner.loaded.model).items():
        if only in (None, name):
            module.scale *= factor
    return Remote(inner)


def test_a_good_one_passes_and_says_what_was_not_seen(llama: Tuned) -> None:
    proof = proof_of(llama, Remote(judged_of(llama)))
    assert proof.passed, proof.cause
    assert any("weights are not seen" in note for note in proof.notes)


@pytest.mark.parametrize(
    ("factor", "only", "what"),
    [
        (0.0, None, "adapter not merged: "),
        (0.5, None, "rsLoRA mis-scaled: "),
        (0.0, LAYER, f"unmerged layer: {LAYER}"),
    ],
)
def test_the_fault_that_explains_the_numbers_is_named(
    llama: Tuned, factor: float, only: str | None, what: str
) -> None:
    proof = proof_of(llama, scaled(llama, factor, only))
    assert proof.cause.startswith(what), proof.cause


def test_no_fault_is_named_where_none_explains(llama: Tuned) -> None:
    other = Remote(open_judged(llama.base, adapter=llama.other))
    proof = proof_of(llama, other)
    assert proof.cause.startswith("other numbers: "), proof.cause


def test_answers_alone_are_compared_where_nothing_else_is_told(llama: Tuned) -> None:
    silent = Remote(judged_of(llama), numbers=False)
    silent.change = lambda answer: Answer(answer.text, answer.stopped)
    proof = proof_of(llama, silent)
    assert proof.passed and proof.max_logit_diff is None and proof.kl is None
    assert any("no log-probabilities" in note for note in proof.notes)
    bare = Remote(open_judged(llama.base), numbers=False)
    bare.change = silent.change
    proof = proof_of(llama, bare)
    assert proof.cause.startswith("another answer: prompt 0, after ")
    assert "judged" in proof.first_difference and "exported" in proof.first_difference


def test_a_prompt_that_is_one_token_longer_is_seen_by_its_count(llama: Tuned) -> None:
    longer = Remote(judged_of(llama))
    longer.change = lambda a: replace(
        a, prompt_ids=None, num_prompt_tokens=len(a.prompt_ids or ()) + 1
    )
    proof = proof_of(llama, longer)
    assert proof.cause.startswith("another prompt: ") and "doubled BOS" in proof.cause


def test_sampling_is_told_from_other_weights(llama: Tuned) -> None:
    sampling = Remote(judged_of(llama))
    sampling.change = lambda a: replace(a, output_ids=(5, *(a.output_ids or ())[1:]), text="?")
    proof = proof_of(llama, sampling)
    assert proof.cause.startswith("not greedy: "), proof.cause


def test_a_prompt_that_only_the_export_refuses_is_a_fault(llama: Tuned) -> None:
    def refuse(answer: Answer) -> Answer:
        raise EndpointError("the context is too small")

    strict = Remote(judged_of(llama))
    strict.change = refuse
    proof = proof_of(llama, strict)
    assert proof.cause.startswith("refused prompt: prompt 0: the context is too small")


def test_a_prompt_that_the_judged_template_refuses_is_left_out_and_said(llama: Tuned) -> None:
    judged = judged_of(llama)
    asked = [*PROMPTS, [{"role": "user", "content": "word " * 5000}]]
    tolerance = tolerance_for("BF16", judged, asked, max_new_tokens=4)
    proof = prove(judged, Remote(judged_of(llama)), asked, tolerance, max_new_tokens=4)
    assert proof.passed and proof.prompts == len(PROMPTS)
    assert any(note.startswith("prompt 3 is left out: ") for note in proof.notes)
    alone = prove(judged, Remote(judged_of(llama)), asked[3:], tolerance, max_new_tokens=4)
    assert not alone.passed and "takes none of the prompts" in alone.cause


def test_the_metric_is_told_and_its_fall_refused_where_a_limit_is_named(llama: Tuned) -> None:
    def metric(answers: Sequence[str]) -> float:
        return sum(len(answer) > 3 for answer in answers) / len(answers)

    judged = judged_of(llama)
    worse = Remote(judged_of(llama))
    worse.change = lambda answer: replace(answer, text="")
    for drop, falls in ((None, False), (0.1, True)):
        tolerance = tolerance_for("float32", judged, PROMPTS, max_new_tokens=6, metric_drop=drop)
        proof = prove(judged, worse, PROMPTS, tolerance, max_new_tokens=6, metric=metric)
        assert proof.metric_a == 1.0 and proof.metric_b == 0.0
        assert ("metric fell" in proof.cause) is falls
