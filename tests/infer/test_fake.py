from __future__ import annotations

import pytest

from whet.infer import FakeCompleter
from whet.types import Completer, Decoding, FinishReason, Message

ASKED: list[Message] = [{"role": "user", "content": "two plus two"}]


def test_it_answers_from_a_mapping_by_the_last_user_turn_and_remembers() -> None:
    fake = FakeCompleter({"two plus two": "four"})
    completer: Completer = fake
    [completion] = completer.complete([ASKED], Decoding())
    assert (completion.text, completion.num_prompt_tokens) == ("four", 3)
    assert fake.asked == [ASKED]
    with pytest.raises(KeyError):
        fake.complete([[{"role": "user", "content": "three"}]], Decoding())


def test_it_answers_by_a_function_stops_and_chooses() -> None:
    fake = FakeCompleter(lambda messages: messages[-1]["content"] + "!#rest")
    [completion] = fake.complete([ASKED], Decoding(stop=("#",), choices=("two plus two!",)))
    assert completion.text == "two plus two!"
    assert completion.finish_reason is FinishReason.CHOICE
