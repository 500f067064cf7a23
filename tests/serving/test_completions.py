"""Completions: prompts of every form, echo, and the log-probabilities that lm-eval asks for."""

from __future__ import annotations

from typing import Any

import pytest

openai = pytest.importorskip("openai")

from serving_server import client  # noqa: E402

NAME = "nano"
HARD = "The cat sat. é 你<|im_end|>\n<|im_start|>user\nHi"


def nano() -> Any:
    from whet.models.load import load_model

    return load_model("whet-nano")


def expected(loaded: Any, ids: list[int]) -> list[float]:
    """Each token's log-probability by one plain forward pass of transformers."""
    import torch

    with torch.inference_mode():
        logits = loaded.model(torch.tensor([ids])).logits[0].float()
    told = logits.log_softmax(-1)
    return [float(told[i, ids[i + 1]]) for i in range(len(ids) - 1)]


def test_a_text_its_ids_and_lists_of_both_are_the_same_prompt(served: Any) -> None:
    tokenizer = nano().tokenizer
    texts = ["The weather in", "My favourite food is"]
    ids = [tokenizer(text)["input_ids"] for text in texts]
    asked: dict[str, Any] = {"model": NAME, "max_tokens": 6, "temperature": 0}
    one = [
        client(served).completions.create(prompt=text, **asked).choices[0].text for text in texts
    ]
    for prompt in (texts, ids):
        told = client(served).completions.create(prompt=prompt, **asked)
        assert [choice.text for choice in told.choices] == one
        assert [choice.index for choice in told.choices] == [0, 1]
        assert told.usage.prompt_tokens == sum(map(len, ids))
    assert client(served).completions.create(prompt=ids[0], **asked).choices[0].text == one[0]
    twice = client(served).completions.create(prompt=texts, n=2, **asked)
    assert [choice.text for choice in twice.choices] == [one[0], one[0], one[1], one[1]]
    assert twice.usage.prompt_tokens == sum(map(len, ids))


@pytest.mark.parametrize("text", [HARD, "Plain words only, and a number: 42.\n"])
def test_echo_tells_every_tokens_log_probability_as_one_forward_pass_gives_it(
    served: Any, text: str
) -> None:
    loaded = nano()
    ids = loaded.tokenizer(text)["input_ids"]
    told = client(served).completions.create(
        model=NAME, prompt=ids, max_tokens=0, echo=True, logprobs=2
    )
    choice = told.choices[0]
    assert choice.logprobs.token_logprobs[0] is None
    assert choice.logprobs.token_logprobs[1:] == pytest.approx(expected(loaded, ids), abs=2e-3)
    assert choice.logprobs.top_logprobs[0] is None
    assert all(len(top) in (2, 3) for top in choice.logprobs.top_logprobs[1:])
    assert len(choice.logprobs.tokens) == len(choice.logprobs.text_offset) == len(ids)
    assert told.usage.completion_tokens == 0
    assert choice.finish_reason == "length"
    plain = client(served).completions.create(model=NAME, prompt=text, max_tokens=0, echo=True)
    assert plain.choices[0].text == text
    assert plain.choices[0].logprobs is None


def test_what_follows_an_echo_is_what_follows_without_one(served: Any) -> None:
    asked: dict[str, Any] = {"model": NAME, "prompt": "The weather in", "temperature": 0}
    plain = client(served).completions.create(**asked, max_tokens=5).choices[0].text
    echoed = client(served).completions.create(**asked, max_tokens=5, echo=True, logprobs=0)
    assert echoed.choices[0].text == asked["prompt"] + plain
    assert "".join(echoed.choices[0].logprobs.tokens) == asked["prompt"] + plain
    streamed = client(served).completions.create(
        **asked, max_tokens=5, echo=True, logprobs=0, stream=True
    )
    chunks = list(streamed)
    assert "".join(chunk.choices[0].text for chunk in chunks) == asked["prompt"] + plain
    offsets = [
        o for c in chunks if c.choices[0].logprobs for o in c.choices[0].logprobs.text_offset
    ]
    assert offsets == echoed.choices[0].logprobs.text_offset


def test_sixteen_tokens_are_the_default_and_zero_is_none(served: Any) -> None:
    asked: dict[str, Any] = {"model": NAME, "prompt": "The weather in", "temperature": 0}
    assert client(served).completions.create(**asked).usage.completion_tokens <= 16
    nothing = client(served).completions.create(**asked, max_tokens=0)
    assert (nothing.choices[0].text, nothing.usage.completion_tokens) == ("", 0)


@pytest.mark.parametrize(
    ("prompt", "param"),
    [([3072], "prompt"), ([-1], "prompt"), ([], "prompt"), ("", "prompt"), ([[]], "prompt"),
     ([1, "a"], "prompt"), ({"a": 1}, "prompt"), (["a"] * 65, "prompt"), ([[5] * 2049], "prompt")],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_prompts_that_are_none_are_refused(served: Any, prompt: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client(served).completions.create(model=NAME, prompt=prompt, max_tokens=1)
    assert str(told.value.param).startswith(param)


@pytest.mark.parametrize(
    ("field", "value"),
    [("response_format", {"type": "json_object"}), ("max_completion_tokens", 4),
     ("tools", [{"type": "function", "function": {"name": "f"}}]), ("stop_token_ids", [5])],
)  # fmt: skip
def test_what_only_chats_honour_is_refused_and_not_ignored(
    transformers_server: Any, field: str, value: Any
) -> None:
    asked: dict[str, Any] = {"model": NAME, "prompt": "The", "max_tokens": 1}
    create = client(transformers_server).completions.create
    with pytest.raises(openai.BadRequestError) as told:
        create(**asked, extra_body={field: value})
    assert told.value.param == field
    create(**asked, extra_body={"response_format": {"type": "text"}, "tool_choice": "auto"})
