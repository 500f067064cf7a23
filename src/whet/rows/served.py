"""A learnt turn as a server has it: its prompt's tokens, and the conversation answered.

Made for the mask proof by the tokenizer's own path, apart from the code that makes the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.rows.markers import has_markers
from whet.rows.sequence import Flags, Tokens
from whet.rows.template import served_message, template_errors
from whet.types import Example, Message


@dataclass(frozen=True, slots=True, eq=False)
class ServedTurn:
    """Message `index` of an example as a server would ask for it and see it answered.

    `marked` says which tokens of `answered` the template's own markers enclose; None without
    markers.
    """

    index: int
    message: Message
    prompt_text: str
    prompt: Tokens
    answered: Tokens
    marked: Flags | None


def serve(
    examples: Sequence[Example], tokenizer: Any, only_last: bool, firsts: Sequence[int] = ()
) -> Iterator[tuple[Example, list[ServedTurn]]]:
    """Each example with its learnt turns.

    `firsts` holds for each example the message from which on a turn is learnt; empty means all.

    Raises:
        ModelError, DataError: the template fails or refuses a conversation.
    """
    begins = firsts or [0] * len(examples)
    pairs = zip(examples, begins, strict=True)
    wanted = [[i for i in _learnt(example, only_last) if i >= first] for example, first in pairs]
    asked, answered = [], []
    for example, indices in zip(examples, wanted, strict=True):
        marked = bool(indices) and has_markers(tokenizer, example.tools)
        for index in indices:
            asked.append(_write(example, index, tokenizer))
            answered.append(_answered(example, index, tokenizer, marked))
    prompts = iter(_encode(tokenizer, asked))
    wholes = iter(_encode(tokenizer, [text for text in answered if isinstance(text, str)]))
    texts, answers = iter(asked), iter(answered)
    for example, indices in zip(examples, wanted, strict=True):
        turns = []
        for index in indices:
            answer = next(answers)
            tokens, flags = (next(wholes), None) if isinstance(answer, str) else answer
            turn = example.messages[index]
            turns.append(
                ServedTurn(index, turn, next(texts), _ids(next(prompts)), _ids(tokens), flags)
            )
        yield example, turns


def head_of_reply(example: Example, turn: ServedTurn, tokenizer: Any) -> str:
    """What the generation prompt adds to the conversation before a turn."""
    with template_errors():
        before = tokenizer.apply_chat_template(
            _messages(example, turn.index), tools=_tools(example), tokenize=False
        )
    pairs = enumerate(zip(before, turn.prompt_text, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(before), len(turn.prompt_text)))
    return turn.prompt_text[same:]


def _learnt(example: Example, only_last: bool) -> list[int]:
    answers = [i for i, m in enumerate(example.messages) if m["role"] == "assistant"]
    return [i for i in answers[-1 if only_last else 0 :] if example.messages[i].get("weight") != 0]


def _write(example: Example, index: int, tokenizer: Any) -> str:
    with template_errors():
        text: str = tokenizer.apply_chat_template(
            _messages(example, index),
            tools=_tools(example),
            add_generation_prompt=True,
            tokenize=False,
        )
    return text


def _answered(
    example: Example, index: int, tokenizer: Any, marked: bool
) -> str | tuple[list[int], Flags]:
    """The conversation through a turn: as text, or as tokens with their marks."""
    messages = _messages(example, index + 1)
    with template_errors():
        if not marked:
            text: str = tokenizer.apply_chat_template(
                messages, tools=_tools(example), tokenize=False
            )
            return text
        found = tokenizer.apply_chat_template(
            messages,
            tools=_tools(example),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
    return found["input_ids"], np.asarray(found["assistant_masks"], np.bool_)


def _messages(example: Example, count: int) -> list[dict[str, Any]]:
    return [served_message(message) for message in example.messages[:count]]


def _tools(example: Example) -> list[dict[str, Any]] | None:
    return [dict(tool) for tool in example.tools] or None


def _encode(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def _ids(tokens: Sequence[int]) -> Tokens:
    return np.asarray(tokens, np.int32)
