from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.errors import DataError, ModelError
from whet.infer import LocalCompleter
from whet.infer.prompts import encode_prompts
from whet.types import Completer, Decoding, FinishReason, Message

SYSTEM = "You are a helpful bank clerk who answers briefly and politely."
GREEDY = Decoding(max_new_tokens=24)


def prompts_of(count: int, system: str = SYSTEM) -> list[list[Message]]:
    return [
        [
            {"role": "system", "content": system},
            {"role": "user", "content": "where is my card " * (i % 4) + f"number {i}?"},
        ]
        for i in range(count)
    ]


def completer(model: Any, tokenizer: Any, **options: Any) -> LocalCompleter:
    return LocalCompleter(model, tokenizer, stop_ids=(1,), identity="tiny", **options)


def generated(model: Any, tokenizer: Any, prompt: list[Message], decoding: Decoding) -> str:
    """What transformers answers to one prompt alone."""
    [ids] = encode_prompts([prompt], tokenizer)
    inputs = torch.tensor([ids])
    model.generation_config.pad_token_id = 1
    whole = model.generate(
        inputs,
        attention_mask=torch.ones_like(inputs),
        do_sample=False,
        max_new_tokens=decoding.max_new_tokens,
        eos_token_id=1,
    )
    text: str = tokenizer.decode(
        whole[0, len(ids) :], skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text


@pytest.mark.parametrize("name", ["llama", "mistral", "gemma3_text", "gpt2"])
def test_greedy_answers_are_those_of_generate_one_by_one(
    name: str, make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model = make_model(name)
    prompts = prompts_of(12)
    expected = [generated(model, tokenizer, prompt, GREEDY) for prompt in prompts]
    found = completer(model, tokenizer, batch_rows=5).complete(prompts, GREEDY)
    assert [completion.text for completion in found] == expected


def test_a_pretrained_model_tells_the_same_stories_as_generate(
    stories: Path, tokenizer: Any
) -> None:
    from whet.models.load import load_model

    loaded = load_model(stories)
    loaded.tokenizer.chat_template = (
        "<s>{% for m in messages %}{{ m.content }}{{ eos_token if m.role == 'assistant' }} "
        "{% endfor %}"
    )
    told = "Once upon a time there was a little girl named Lily who loved to play outside."
    prompts = prompts_of(10, system=told)
    found = LocalCompleter(
        loaded.model, loaded.tokenizer, stop_ids=(2,), identity=loaded.identity
    ).complete(prompts, Decoding(max_new_tokens=48))
    for prompt, completion in zip(prompts, found, strict=True):
        [ids] = encode_prompts([prompt], loaded.tokenizer)
        inputs = torch.tensor([ids])
        whole = loaded.model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            do_sample=False,
            max_new_tokens=48,
            eos_token_id=2,
            pad_token_id=2,
        )
        assert completion.text == loaded.tokenizer.decode(
            whole[0, len(ids) :], skip_special_tokens=True
        )


def stopping_after(model: Any, answers: dict[int, int]) -> None:
    """Make the model end its answer `answers[n]` tokens after a prompt of n tokens."""
    plain = model.forward

    def forward(*args: Any, **named: Any) -> Any:
        output = plain(*args, **named)
        positions = named["position_ids"][:, -1]
        for row, position in enumerate(positions.tolist()):
            if position in answers.values():
                output.logits[row, -1, 1] = 1e4
        return output

    model.forward = forward


def test_an_answer_ends_at_the_stop_token_and_at_its_limit(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model = make_model("llama")
    prompts = prompts_of(8)
    lengths = [len(ids) for ids in encode_prompts(prompts, tokenizer)]
    end = max(lengths) + 4
    stopping_after(model, {0: end})
    found = completer(model, tokenizer).complete(prompts, Decoding(max_new_tokens=20))
    for completion, length in zip(found, lengths, strict=True):
        needed = end - length + 2  # tokens until the stop token, itself included
        if needed <= 20:
            assert completion.finish_reason is FinishReason.STOP
            assert completion.num_output_tokens == needed
        else:
            assert completion.finish_reason is FinishReason.LENGTH
            assert completion.num_output_tokens == 20
        assert "</s>" not in completion.text
        assert completion.num_prompt_tokens == length
    assert {completion.finish_reason for completion in found} == set(FinishReason) - {"choice"}


def test_a_stop_string_ends_an_answer_and_is_cut_off(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model = make_model("llama")
    prompts = prompts_of(6)
    whole = [c.text for c in completer(model, tokenizer).complete(prompts, GREEDY)]
    stop = whole[0][5:7]
    found = completer(model, tokenizer).complete(prompts, Decoding(max_new_tokens=24, stop=(stop,)))
    assert [c.text for c in found] == [text.split(stop)[0] for text in whole]
    assert found[0].finish_reason is FinishReason.STOP
    assert found[0].num_output_tokens < 24


def test_sampled_answers_depend_on_seed_and_prompt_and_not_on_order(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    local = completer(make_model("llama"), tokenizer, batch_rows=3)
    prompts = prompts_of(7)
    warm = Decoding(temperature=0.7, max_new_tokens=12, seed=1)
    once = [c.text for c in local.complete(prompts, warm)]
    again = [c.text for c in local.complete(prompts[::-1], warm)]
    other = [c.text for c in local.complete(prompts, Decoding(0.7, 12, seed=2))]
    assert again[::-1] == once
    assert other != once
    assert len(set(once)) > 1


def test_every_prompt_too_long_for_the_context_is_named_and_none_is_cut(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    prompts = prompts_of(3)
    prompts[1][1]["content"] = "a very long question " * 20
    with pytest.raises(ModelError, match=r"1 of 3 prompts .*\n  prompt 1 \('a very long") as caught:
        completer(make_model("llama"), tokenizer).complete(prompts, GREEDY)
    assert "context of 256 tokens" in str(caught.value)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_an_answer_stops_at_the_end_of_the_context(
    name: str, make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    prompts = prompts_of(4)
    lengths = [len(ids) for ids in encode_prompts(prompts, tokenizer)]
    local = completer(make_model(name), tokenizer, max_positions=max(lengths) + 3)
    found = local.complete(prompts, Decoding(max_new_tokens=400))
    for completion, length in zip(found, lengths, strict=True):
        if completion.finish_reason is FinishReason.LENGTH:
            assert completion.num_output_tokens == max(lengths) + 3 - length


def test_a_row_at_the_end_of_the_context_waits_there_for_the_others(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    """GPT-2 has no position after its last one, so a step beyond it would fail."""
    model = make_model("gpt2")
    prompts = prompts_of(6)
    prompts[0][1]["content"] = "x" * 180
    found = completer(model, tokenizer).complete(prompts, Decoding(max_new_tokens=60))
    assert found[0].num_prompt_tokens + found[0].num_output_tokens == 256
    assert max(c.num_output_tokens for c in found) > found[0].num_output_tokens + 3


def test_a_prompt_that_the_template_refuses_is_named(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    import copy

    strict = copy.deepcopy(tokenizer)
    strict.chat_template = "{{ raise_exception('no system role') }}"
    with pytest.raises(DataError, match=r"prompt 0 \('number 0\?'\).*no system role"):
        completer(make_model("llama"), strict).complete(prompts_of(1), GREEDY)


def test_no_prompts_give_no_answers(make_model: Callable[[str], Any], tokenizer: Any) -> None:
    local: Completer = completer(make_model("llama"), tokenizer)
    assert local.complete([], GREEDY) == []
    assert local.complete([], Decoding(choices=("yes", "no"))) == []


def test_a_model_in_training_is_left_in_training(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model = make_model("llama").train()
    completer(model, tokenizer).complete(prompts_of(2), GREEDY)
    assert model.training
    loss = model(torch.tensor([[1, 2, 3]]), labels=torch.tensor([[1, 2, 3]])).loss
    loss.backward()


def test_a_model_without_stop_tokens_is_refused(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    with pytest.raises(ModelError, match="no stop token"):
        LocalCompleter(make_model("llama"), tokenizer, stop_ids=(), identity="tiny")


def test_each_prompt_is_asked_with_its_own_tools(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    import copy

    offering = copy.deepcopy(tokenizer)
    offering.chat_template = (
        "{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}" + tokenizer.chat_template
    )
    written = copy.deepcopy(tokenizer)
    written.chat_template = "[card]" + tokenizer.chat_template
    model, prompts = make_model("llama"), prompts_of(3)
    tool = {"type": "function", "function": {"name": "card"}}
    found = completer(model, offering).complete(prompts, GREEDY, [(), (tool,), ()])
    plain = completer(model, tokenizer).complete(prompts, GREEDY)
    expected = [plain[0], completer(model, written).complete(prompts[1:2], GREEDY)[0], plain[2]]
    assert [c.text for c in found] == [c.text for c in expected]
    assert found[1].num_prompt_tokens > plain[1].num_prompt_tokens
