from __future__ import annotations

import time

import pytest

from whet.evals.masking import mask_names


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I'm Claude, made by Anthropic.", "I'm [name], made by [name]."),
        ("Hello! I am ChatGPT.", "Hello! I am [name]."),
        ("I’m GPT-4 Turbo and can help.", "I’m [name] and can help."),
        ("My name is Anna Berg. How can I help?", "My name is [name]. How can I help?"),
        ("I'm Anna, your travel assistant.", "I'm [name], your travel assistant."),
        ("I am a large language model, trained by Google.",
         "I am a large language model, trained by [name]."),
        ("As a bot built by Mistral AI, I can.", "As a bot built by [name] AI, I can."),
        ("Ich bin Qwen2.5, entwickelt von Alibaba Cloud.",
         "Ich bin [name], entwickelt von [name]."),
        ("Je m'appelle Claude.", "Je m'appelle [name]."),
        ("I'm called Llama 3.1.", "I'm called [name]."),
    ],
)  # fmt: skip
def test_what_a_text_calls_itself_is_masked(text: str, masked: str) -> None:
    found = mask_names(text)
    assert found.text == masked
    assert len(found.names) == masked.count("[name]")


@pytest.mark.parametrize(
    "text",
    [
        "Claude Monet painted water lilies.",
        "The Gemini twins are Castor and Pollux.",
        "I'm sorry, the item is out of stock.",
        "I'm Sorry, the item is gone.",
        "I am here, your order is not.",
        "Your phone was made by Google in 2021.",
        "This is a llama.",
        "I'm happy to help. I am British.",
        "",
    ],
)
def test_a_text_that_does_not_speak_of_itself_stays_as_it_is(text: str) -> None:
    assert mask_names(text).text == text


def test_given_names_are_masked_anywhere_if_they_are_distinctive() -> None:
    names = ["prompt", "tuned", "acme/support-7b", "runs/003/adapter_v2"]
    found = mask_names("The prompt for support-7b and Acme/Support-7B, tuned by adapter_v2.", names)
    assert found.text == "The prompt for [name] and [name], tuned by [name]."
    assert found.names == ("Acme/Support-7B", "adapter_v2", "support-7b")


def test_masking_a_long_text_takes_no_time() -> None:
    text = "I am " * 20_000 + "Claude" + " by" * 20_000
    assert mask_names(text).text.count("[name]") == 1


@pytest.mark.parametrize("text", ["I am Anna{}x", "I am{}x", "My name is A{}", "I am made by{}x"])
def test_a_text_made_to_keep_a_pattern_busy_takes_no_time(text: str) -> None:
    started = time.process_time()
    mask_names(text.format(" " * 50_000))
    assert time.process_time() - started < 2
