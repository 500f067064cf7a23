from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from whet.infer import FakeCompleter, LocalCompleter
from whet.infer.streaming import Teller, stream
from whet.types import Decoding, Message

PROMPT: list[Message] = [{"role": "user", "content": "where is my card?"}]


def completer(model: Any, tokenizer: Any) -> LocalCompleter:
    return LocalCompleter(model, tokenizer, stop_ids=(1,), identity="tiny")


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(max_new_tokens=24),
        Decoding(max_new_tokens=24, temperature=0.8, seed=4),
        Decoding(max_new_tokens=0),
        Decoding(choices=("card", "loan")),
    ],
    ids=["greedy", "drawn", "nothing", "a choice"],
)
def test_the_pieces_joined_are_the_answer(
    make_model: Callable[..., Any], tokenizer: Any, decoding: Decoding
) -> None:
    pieces: list[str] = []
    ours = completer(make_model("llama"), tokenizer)
    told = stream(ours, PROMPT, decoding, pieces.append)
    [alone] = ours.complete([PROMPT], decoding)
    assert "".join(pieces) == told.text == alone.text
    assert (told.finish_reason, told.num_output_tokens) == (
        alone.finish_reason,
        alone.num_output_tokens,
    )


def test_the_answer_is_told_while_it_is_written(
    make_model: Callable[..., Any], tokenizer: Any
) -> None:
    pieces: list[str] = []
    stream(
        completer(make_model("llama"), tokenizer),
        PROMPT,
        Decoding(max_new_tokens=24),
        pieces.append,
    )
    assert len(pieces) > 3


def test_a_completer_that_cannot_stream_tells_its_answer_at_once() -> None:
    pieces: list[str] = []
    stream(FakeCompleter({"where is my card?": "On its way."}), PROMPT, Decoding(), pieces.append)
    assert pieces == ["On its way."]


def told_of(texts: Sequence[str], stops: Sequence[str], final: str) -> list[str]:
    """What is told of an answer that grows through these texts."""
    pieces: list[str] = []
    teller = Teller(lambda tokens: texts[len(tokens) - 1], stops, pieces.append)
    for number in range(len(texts)):
        teller.hear(range(number + 1))
    teller.end(final)
    return pieces


def test_half_a_character_is_held_back() -> None:
    texts = ["a", "a\ufffd", "a\ufffd\ufffd", "a\u4e16", "a\u4e16!"]
    assert told_of(texts, (), texts[-1]) == ["a", "\u4e16", "!"]


def test_a_broken_character_at_the_end_is_told_in_the_end() -> None:
    assert told_of(["a", "a\ufffd"], (), "a\ufffd") == ["a", "\ufffd"]


def test_what_may_begin_a_stop_string_is_held_back() -> None:
    texts = ["one", "one\n", "one\ntwo", "one\ntwo\n", "one\ntwo\n\nthree"]
    assert told_of(texts, ("\n\n",), "one\ntwo") == ["one", "\ntwo"]


def test_what_only_looked_like_a_stop_string_is_told() -> None:
    assert told_of(["a", "aST", "aSTx"], ("STOP",), "aSTx") == ["a", "STx"]
