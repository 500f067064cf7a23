"""Masks come from the template: answers through their stop token, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from whet.errors import DataError, ModelError
from whet.rows.mask_view import mask_view
from whet.rows.render import find_stop_ids, render_examples, render_prompt
from whet.rows.sequence import RenderedExample
from whet.rows.text import render_passages
from whet.types import Example

Load = Callable[..., Any]
Conversation = Callable[..., Example]
NATIVE = ["mistral-v1", "phi-3-mini", "qwen2.5"]
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content }}"
    "{{ eos_token if m.role == 'assistant' else '<|im_end|>' }}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def rendered(example: Example, tokenizer: Any) -> RenderedExample:
    return render_examples([example], tokenizer, find_stop_ids(tokenizer))[0]


def trained_texts(example: RenderedExample, tokenizer: Any) -> list[str]:
    """The text of each run of trained tokens."""
    texts = []
    for sequence in example.sequences:
        run: list[int] = []
        for token, learnt in zip(sequence.tokens.tolist(), sequence.trained.tolist(), strict=True):
            if learnt:
                run.append(token)
            elif run:
                texts.append(tokenizer.decode(run))
                run = []
        texts.append(tokenizer.decode(run))
    return [text for text in texts if text]


@pytest.mark.parametrize("name", NATIVE)
def test_answers_and_their_stop_tokens_are_trained(
    name: str, tokenizer: Load, conversation: Conversation
) -> None:
    loaded = tokenizer(name)
    stop = loaded.convert_ids_to_tokens(find_stop_ids(loaded)[0])
    example = rendered(conversation("Hi there", "Hello", "And?", "Bye now"), loaded)
    texts = [text.strip() for text in trained_texts(example, loaded)]
    assert texts == [f"Hello{stop}", f"Bye now{stop}"]


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize(
    "answer", ["card_arrival", " leading space", "\n\nnewlines first", "1", "Ünï — 東京 🙂", "[x]"]
)
def test_the_prompt_of_training_is_the_prompt_of_serving(
    name: str, answer: str, tokenizer: Load, conversation: Conversation
) -> None:
    """Token by token what `apply_chat_template` gives a server, then the whole answer."""
    loaded = tokenizer(name)
    example = conversation("My card?", answer)
    served = loaded.apply_chat_template(
        list(example.messages[:1]), add_generation_prompt=True, tokenize=True
    )["input_ids"]
    (sequence,) = rendered(example, loaded).sequences
    tokens, trained = sequence.tokens.tolist(), sequence.trained.tolist()
    assert tokens[: len(served)] == served
    assert trained == [False] * len(served) + [True] * (len(tokens) - len(served))
    assert tokens[-1] == find_stop_ids(loaded)[0]
    assert loaded.decode(tokens[len(served) : -1]).strip() == answer.strip()
    assert render_prompt(example.prompt, loaded) == served


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("qwen2.5", "qwen2_5"),
        ("qwen2.5", "qwen3"),
        ("phi-3-mini", "phi3"),
        ("mistral-v1", "mistralai-Mistral-Nemo-Instruct-2407"),
    ],
)
def test_known_templates_train_every_turn_with_its_system_prompt_as_served(
    name: str, template: str, tokenizer: Load, conversation: Conversation
) -> None:
    loaded = tokenizer(name, template)
    example = conversation("one?", "First.", "two?", "Second.", system="Be short.")
    found = rendered(example, loaded)
    for index, sequence in zip((2, 4), (found.sequences[0], found.sequences[-1]), strict=True):
        prompt = render_prompt(example.messages[:index], loaded)
        assert sequence.tokens[: len(prompt)].tolist() == prompt
    texts = trained_texts(found, loaded)
    assert [t.rstrip("\n").endswith(("First.<|im_end|>", "First.<|end|>", "First.</s>"))
            for t in texts] == [True, False]  # fmt: skip


def test_gemma_and_llama_3_templates_fit_their_tokenizers(
    tokenizer: Load, conversation: Conversation
) -> None:
    """Their tokenizers are not at hand; another one with their special tokens added is."""
    for template, end in (("google-gemma-2-2b-it", "<end_of_turn>"), ("llama3", "<|eot_id|>")):
        loaded = copy.deepcopy(tokenizer("mistral-v1", template))
        marks = ["<start_of_turn>", "<end_of_turn>", "<|start_header_id|>", "<|end_header_id|>"]
        loaded.add_special_tokens({"additional_special_tokens": [*marks, "<|eot_id|>"]})
        assert loaded.convert_ids_to_tokens(find_stop_ids(loaded)[0]) == end
        texts = trained_texts(rendered(conversation("Hi", "Hello", "So?", "Bye"), loaded), loaded)
        assert [text.strip() for text in texts] == [f"Hello{end}", f"Bye{end}"]


def test_a_base_tokenizer_with_a_template_that_ends_with_eos(
    tokenizer: Load, conversation: Conversation
) -> None:
    loaded = tokenizer("gpt2")
    loaded.chat_template = CHATML
    example = rendered(conversation("Hi", "Hello"), loaded)
    assert trained_texts(example, loaded) == ["Hello<|endoftext|>"]


def test_history_that_the_template_rewrites_becomes_a_sequence_of_its_own(
    tokenizer: Load, conversation: Conversation
) -> None:
    loaded = tokenizer("qwen2.5", "qwen3")
    thinking = "<think>\nlong thoughts\n</think>\n\nFour."
    found = rendered(conversation("2+2?", thinking, "sure?", "Yes."), loaded)
    first, second = (loaded.decode(s.tokens.tolist()) for s in found.sequences)
    assert "long thoughts" in first and "long thoughts" not in second
    assert "Four." in second


def test_turns_that_continue_each_other_share_one_sequence(
    tokenizer: Load, conversation: Conversation
) -> None:
    found = rendered(conversation("a?", "A.", "b?", "B.", "c?", "C."), tokenizer("qwen2.5"))
    assert len(found.sequences) == 1


def test_tool_calls_are_rendered_with_parsed_arguments(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    call = {"type": "function", "function": {"name": "find", "arguments": '{"city": "Rome"}'}}
    messages = [
        {"role": "user", "content": "Weather in Rome?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
    ]
    tool = {"type": "function", "function": {"name": "find", "parameters": {}}}
    example = Example.of(messages, "f:1", tools=[tool])  # type: ignore[arg-type]
    texts = trained_texts(rendered(example, loaded), loaded)
    assert '"arguments": {"city": "Rome"}' in texts[0] and texts[1] == "Sunny.<|im_end|>"
    assert "sunny\n</tool_response>" not in "".join(texts)


def test_a_model_without_a_template_is_an_error_that_offers_one(
    tokenizer: Load, conversation: Conversation
) -> None:
    with pytest.raises(ModelError, match=r"`template: FILE\.jinja`"):
        rendered(conversation("Hi", "Hello"), tokenizer("gpt2"))


def test_a_template_that_never_stops_a_reply_is_refused(tokenizer: Load) -> None:
    loaded = tokenizer("gpt2")
    loaded.chat_template = (
        "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}"
    )
    with pytest.raises(ModelError, match="trains no end token, so the model would never stop"):
        find_stop_ids(loaded)


def test_a_template_that_asks_otherwise_than_it_answers_is_refused(tokenizer: Load) -> None:
    loaded = tokenizer("gpt2")
    loaded.chat_template = CHATML.replace("assistant\\n' }}{% endif", "robot: ' }}{% endif")
    with pytest.raises(ModelError, match="differently from how it asks"):
        find_stop_ids(loaded)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for %}", "is broken at line 1"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "may not"),
        ("{{ messages.append(1) }}", "may not"),
        ("{{ 'x' * 17000000 }}", "characters for one conversation"),
        ("{{ 10 ** 10 ** 10 }}", "."),
    ],
)
def test_hostile_templates_are_refused(
    template: str, message: str, tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.rows.template.PROBE_TIMEOUT_S", 1.0)
    loaded = tokenizer("gpt2")
    loaded.chat_template = template
    with pytest.raises(ModelError, match=message):
        find_stop_ids(loaded)


def test_a_template_without_end_is_refused(
    tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.rows.template.PROBE_TIMEOUT_S", 0.5)
    loaded = tokenizer("gpt2")
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    loaded.chat_template = endless
    with pytest.raises(ModelError, match="it is refused"):
        find_stop_ids(loaded)


def test_faults_of_all_rows_are_told_together(tokenizer: Load, conversation: Conversation) -> None:
    loaded = tokenizer("mistral-v1")
    rows = [
        Example.of([{"role": "user", "content": "only a question"}], "d:1"),
        conversation("fine", "yes"),
        Example.of([{"role": "assistant", "content": "I begin"}], "d:3"),
        Example.of([{"role": "user", "content": "q"}, {"role": "user", "content": "q"},
                    {"role": "assistant", "content": "a"}], "d:4"),
        Example.of([{"role": "user", "content": "q"},
                    {"role": "assistant", "content": "I say </s> too"}], "d:5"),
        Example.of([{"role": "user", "content": "<s>q"},
                    {"role": "assistant", "content": "fine"}], "d:6"),
    ]  # fmt: skip
    with pytest.raises(DataError) as caught:
        render_examples(rows, loaded, find_stop_ids(loaded))
    faults = caught.value.faults
    assert [fault[:4] for fault in faults] == ["d:1:", "d:3:", "d:4:", "d:5:"]
    assert "refuses" in faults[2] and "spells the stop token" in faults[3]


def test_the_mask_can_be_read(tokenizer: Load, conversation: Conversation) -> None:
    loaded = tokenizer("qwen2.5")
    view = mask_view(rendered(conversation("My card?", "lost\n"), loaded), loaded)
    lines = view.splitlines()
    assert lines[0].startswith("data.jsonl:1")
    learnt = [line for line in lines if line.startswith("●")][1 if "learnt" in lines[0] else 0 :]
    assert any("'<|im_end|>'" in line for line in learnt)
    assert lines[-1].endswith("3 learnt")


def test_raw_text_trains_every_token_after_the_first(tokenizer: Load) -> None:
    loaded = tokenizer("mistral-v1")
    text = "First Citizen: Before we proceed any further, hear me speak."
    (example,) = render_passages([text], loaded, max_length=8)
    assert all(not s.trained[0] and s.trained[1:].all() for s in example.sequences)
    assert all(s.tokens[0] == loaded.bos_token_id for s in example.sequences)
    body = [t for s in example.sequences for t in s.tokens[1:].tolist()]
    assert body == loaded(text, add_special_tokens=False)["input_ids"]
