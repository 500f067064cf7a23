from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whet.infer.prompts import encode_choices, encode_prompts
from whet.types import Message

ASKED: list[Message] = [{"role": "user", "content": "Hello"}]


def test_a_prompt_holds_one_beginning_of_text(tokenizer: Any) -> None:
    [ids] = encode_prompts([ASKED], tokenizer)
    assert ids.count(tokenizer.bos_token_id) == 1
    assert tokenizer.decode(ids) == "<s><|user|>Hello<|assistant|>"


def test_a_choice_is_the_answer_without_its_stop_token(tokenizer: Any) -> None:
    [card, empty] = encode_choices(["card_a", ""], tokenizer, (1,))
    assert tokenizer.decode(list(card)) == "card_a"
    assert empty == ()


@pytest.mark.parametrize("folder", ["mistral-v1", "qwen2.5"])
def test_prompt_and_choice_are_what_the_template_writes_for_the_whole(
    folder: str, test_data: Path
) -> None:
    from whet.models.load import load_tokenizer
    from whet.rows.render import find_stop_ids

    real = load_tokenizer(test_data / "tokenizers" / folder)
    stops = find_stop_ids(real)
    [prompt] = encode_prompts([ASKED], real)
    for choice, ids in zip(
        ["yes", "card_arrival"], encode_choices(["yes", "card_arrival"], real, stops), strict=True
    ):
        turn: list[Message] = [*ASKED, {"role": "assistant", "content": choice}]
        whole = real(real.apply_chat_template(turn, tokenize=False), add_special_tokens=False)[
            "input_ids"
        ]
        assert whole[: len(prompt) + len(ids)] == [*prompt, *ids]
        assert whole[len(prompt) + len(ids)] in stops


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Today's weather.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}


def test_tools_are_written_by_the_template_as_in_training(test_data: Path) -> None:
    from whet.models.load import load_tokenizer
    from whet.rows.render import find_stop_ids, render_examples
    from whet.types import Example

    real = load_tokenizer(test_data / "tokenizers" / "qwen2.5")
    calls = [{"type": "function", "function": {"name": "weather", "arguments": {"town": "Ulm"}}}]
    answer: Message = {"role": "assistant", "content": "", "tool_calls": calls}
    example = Example.of([*ASKED, answer], "d.jsonl:1", tools=[WEATHER])
    [rendered] = render_examples([example], real, find_stop_ids(real))
    trained = rendered.sequences[0].tokens.tolist()
    with_tools, plain = encode_prompts([ASKED, ASKED], real, [example.tools, ()])
    assert trained[: len(with_tools)] == with_tools
    assert '"name": "weather"' in real.decode(with_tools)
    assert plain == encode_prompts([ASKED], real)[0]
