from __future__ import annotations

import pytest

from whet.evals.judge.families import family, kinship


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o-mini", "GPT"), ("o3-mini", "GPT"), ("claude-sonnet-4-5", "Claude"),
        ("models/gemini-2.5-flash", "Gemini"), ("google/gemma-3-4b-it", "Gemini"),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama"), ("Qwen/Qwen2.5-7B-Instruct", "Qwen"),
        ("mistralai/Mixtral-8x7B", "Mistral"), ("microsoft/phi-4", "Phi"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "DeepSeek"), ("whet-nano", "whet-nano"),
        ("command-r-plus", "Command"), ("grok-4", "Grok"),
        ("prod-2", None), ("delphi-judge", None), ("./runs/001/model", None),
    ],
)  # fmt: skip
def test_a_family_is_told_by_the_name(model: str, expected: str | None) -> None:
    assert family(model) == expected


def test_kin_are_named_with_their_arms_and_strangers_are_not() -> None:
    models = {"tuned": "Qwen/Qwen2.5-0.5B", "prompt": "Qwen/Qwen2.5-0.5B", "gpt": "gpt-4o"}
    assert kinship("claude-opus-4", models) == []
    (told,) = kinship("qwen3-max", models)
    assert "same family (Qwen)" in told and "prompt, tuned" in told
    (same,) = kinship("gpt-4o", models)
    assert "is itself the model of gpt" in same
