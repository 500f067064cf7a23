"""The official client against both engines: whole, streamed, asynchronous, and refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

openai = pytest.importorskip("openai")

from serving_server import client  # noqa: E402

NAME = "nano"
QUESTION: Any = [{"role": "user", "content": "Hello, how are you?"}]
GREEDY: dict[str, Any] = {"model": NAME, "messages": QUESTION, "temperature": 0, "max_tokens": 24}


def text_of(chunks: Any) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_both_engines_give_the_answer_that_whet_eval_gives(served: Any) -> None:
    from whet.infer import LocalCompleter
    from whet.models.load import load_model
    from whet.types import Decoding

    loaded = load_model("whet-nano")
    judge = LocalCompleter(
        loaded.model, loaded.tokenizer, stop_ids=loaded.stop_ids, identity="nano"
    )
    questions = ["Hello, how are you?", "What is the capital of France?", "Say one word.", "né 你"]
    asked: Any = [[{"role": "user", "content": text}] for text in questions]
    judged = judge.complete(asked, Decoding(max_new_tokens=24))
    for messages, answer in zip(asked, judged, strict=True):
        told = client(served).chat.completions.create(**GREEDY | {"messages": messages})
        assert told.choices[0].message.content == answer.text
        assert told.choices[0].finish_reason == answer.finish_reason.value
        assert told.usage.prompt_tokens == answer.num_prompt_tokens
        assert told.usage.completion_tokens == answer.num_output_tokens


def test_a_stream_tells_the_role_first_then_the_same_text_usage_and_done(
    served: Any,
) -> None:
    import httpx2

    whole = client(served).chat.completions.create(**GREEDY)
    body = GREEDY | {"stream": True, "stream_options": {"include_usage": True}}
    response = httpx2.post(f"{served.url}/v1/chat/completions", json=body, timeout=60)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = response.text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == whole.usage.model_dump(exclude_none=True)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    told = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks[:-1])
    assert told == whole.choices[0].message.content
    assert chunks[-2]["choices"][0]["finish_reason"] == whole.choices[0].finish_reason


def test_without_include_usage_no_chunk_speaks_of_usage(served: Any) -> None:
    chunks = list(client(served).chat.completions.create(**GREEDY, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_the_asynchronous_client_gets_several_streams_at_once(served: Any) -> None:
    async def all_of_them() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="none") as asking:

            async def one() -> str:
                stream = await asking.chat.completions.create(**GREEDY, stream=True)
                return "".join([c.choices[0].delta.content or "" async for c in stream])

            return await asyncio.gather(*(one() for _ in range(4)))

    whole = client(served).chat.completions.create(**GREEDY)
    assert set(asyncio.run(all_of_them())) == {whole.choices[0].message.content}


def test_log_probabilities_have_bytes_and_the_likeliest_and_add_up_to_the_text(
    served: Any,
) -> None:
    told = client(served).chat.completions.create(**GREEDY, logprobs=True, top_logprobs=3)
    tokens = [t for t in told.choices[0].logprobs.content if t.token != "<|im_end|>"]
    spelt = b"".join(bytes(token.bytes) for token in tokens)
    assert spelt.decode() == told.choices[0].message.content
    for token in tokens:
        assert len(token.top_logprobs) == 3
        assert token.logprob == token.top_logprobs[0].logprob <= 0
    plain = client(served).chat.completions.create(**GREEDY, logprobs=True)
    first = plain.choices[0].logprobs.content[0]
    assert first.top_logprobs == []
    assert first.logprob == pytest.approx(tokens[0].logprob, abs=1e-4)


def test_both_engines_tell_the_same_log_probabilities(
    transformers_server: Any, llama_server: Any
) -> None:
    told = [
        client(s).chat.completions.create(**GREEDY, logprobs=True, top_logprobs=5)
        for s in (transformers_server, llama_server)
    ]
    pairs = zip(*(t.choices[0].logprobs.content for t in told), strict=False)
    for ours, theirs in pairs:
        assert ours.token == theirs.token
        assert ours.logprob == pytest.approx(theirs.logprob, abs=5e-4)
        likeliest = [[other.logprob for other in t.top_logprobs] for t in (ours, theirs)]
        assert likeliest[0] == pytest.approx(likeliest[1], abs=5e-4)


def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(served: Any) -> None:
    whole = client(served).chat.completions.create(**GREEDY).choices[0].message.content
    stop = whole[8:12]
    for stream in (False, True):
        told = client(served).chat.completions.create(**GREEDY, stop=[stop, "zzz"], stream=stream)
        text = text_of(told) if stream else told.choices[0].message.content
        assert text == whole[: whole.index(stop)]
    assert client(served).chat.completions.create(**GREEDY, stop=stop).choices[0].finish_reason == (
        "stop"
    )


def test_a_seed_gives_the_same_draws_and_another_seed_others(served: Any) -> None:
    def drawn(seed: int) -> list[str]:
        warm = GREEDY | {"temperature": 1.2, "top_p": 0.95}
        told = client(served).chat.completions.create(**warm, seed=seed, n=3)
        assert [choice.index for choice in told.choices] == [0, 1, 2]
        assert told.usage.prompt_tokens == 17  # counted once, not three times
        return [choice.message.content for choice in told.choices]

    first = drawn(7)
    assert drawn(7) == first
    assert drawn(70) != first
    assert len(set(first)) > 1


def test_n_answers_stream_side_by_side(served: Any) -> None:
    warm = GREEDY | {"temperature": 1.0, "seed": 3, "n": 2}
    whole = client(served).chat.completions.create(**warm)
    texts = ["", ""]
    for chunk in client(served).chat.completions.create(**warm, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == [choice.message.content for choice in whole.choices]


def test_a_bias_forbids_or_forces_a_token(served: Any) -> None:
    plain = client(served).chat.completions.create(**GREEDY, logprobs=True)
    first = plain.choices[0].logprobs.content[0].token
    from whet.models.files import find_folder
    from whet.models.load import load_tokenizer

    tokenizer = load_tokenizer(find_folder("whet-nano"))
    token = tokenizer(first, add_special_tokens=False)["input_ids"][0]
    biased = client(served).chat.completions.create(**GREEDY, logit_bias={str(token): -100})
    assert not biased.choices[0].message.content.startswith(first)


def test_max_tokens_cuts_and_says_so_by_both_names(served: Any) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        body = {key: value for key, value in GREEDY.items() if key != "max_tokens"}
        told = client(served).chat.completions.create(**body, **{name: 3})
        assert told.choices[0].finish_reason == "length"
        assert told.usage.completion_tokens == 3


def test_the_model_is_listed_and_its_fingerprint_stands_in_every_answer(served: Any) -> None:
    listed = client(served).models.list().data
    assert [model.id for model in listed] == [NAME]
    assert client(served).models.retrieve(NAME).id == NAME
    told = client(served).chat.completions.create(**GREEDY)
    assert told.model == NAME
    assert told.system_fingerprint == served.backend.about.fingerprint
    with pytest.raises(openai.NotFoundError):
        client(served).models.retrieve("other")


REFUSED: list[tuple[dict[str, Any], Any, str]] = [
    ({"temperature": 5}, openai.BadRequestError, "temperature"),
    ({"model": "other"}, openai.NotFoundError, "model"),
    ({"messages": []}, openai.BadRequestError, "messages"),
    ({"messages": [{"role": "bot", "content": "x"}]}, openai.BadRequestError, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, openai.BadRequestError, "messages[0].content"),
    ({"stop": list("abcde")}, openai.BadRequestError, "stop"),
    ({"n": 10**9}, openai.BadRequestError, "n"),
    ({"max_tokens": -1}, openai.BadRequestError, "max_tokens"),
    ({"max_completion_tokens": 9}, openai.BadRequestError, "max_completion_tokens"),
    ({"top_logprobs": 2}, openai.BadRequestError, "top_logprobs"),
    ({"logit_bias": {"x": 1}}, openai.BadRequestError, "logit_bias"),
    ({"logit_bias": {"3072": 1}}, openai.BadRequestError, "logit_bias"),
    ({"extra_body": {"top_k": 5}}, openai.BadRequestError, "top_k"),
    ({"extra_body": {"functions": [{"name": "f"}]}}, openai.BadRequestError, "functions"),
    ({"extra_body": {"stream_options": {}}}, openai.BadRequestError, "stream_options"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, openai.BadRequestError, "tools"),
    ({"tool_choice": "required"}, openai.BadRequestError, "tool_choice"),
]


@pytest.mark.parametrize(("fields", "kind", "param"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_done_is_refused_by_the_field_that_asks_for_it(
    served: Any, fields: dict[str, Any], kind: Any, param: str
) -> None:
    with pytest.raises(kind) as told:
        client(served).chat.completions.create(**GREEDY | fields)
    assert told.value.param == param or str(told.value.param).startswith(f"{param}.")
    assert told.value.body["message"]


def test_a_prompt_beyond_the_context_says_so_by_its_code(served: Any) -> None:
    long: Any = [{"role": "user", "content": "word " * 3_000}]
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as told:
            client(served).chat.completions.create(**GREEDY | {"messages": long}, stream=stream)
        assert told.value.code == "context_length_exceeded"


def test_fields_that_mean_nothing_here_are_left_alone(served: Any) -> None:
    told = client(served).chat.completions.create(
        **GREEDY, user="u-1", metadata={"a": "b"}, extra_body={"my_own_field": 3, "store": False}
    )
    assert told.choices[0].message.content


def test_the_reference_refuses_what_only_llama_cpp_has(transformers_server: Any) -> None:
    for field in (
        {"response_format": {"type": "json_object"}},
        {"frequency_penalty": 0.5},
        {"presence_penalty": 0.5},
    ):
        with pytest.raises(openai.BadRequestError) as told:
            client(transformers_server).chat.completions.create(**GREEDY, **field)
        assert told.value.param == next(iter(field))
