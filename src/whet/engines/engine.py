"""An engine: something that runs a model, asked the questions that prove two of them equal.

What a user sees of a model hangs on more than its weights: on the template that writes the prompt,
on the ids that the prompt becomes, on the tokens that end an answer. So all of it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whet.types import Messages

Logprobs = NDArray[np.float32]
"""Natural logarithms of probabilities, [positions, vocabulary]: softmax of the raw logits."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an engine says of its model. None: the engine does not tell.

    `stop_ids` end an answer; `adds_bos` says whether the engine puts `bos_id` before a prompt that
    it tokenizes itself.
    """

    template: str | None = None
    bos_id: int | None = None
    adds_bos: bool | None = None
    eos_id: int | None = None
    stop_ids: tuple[int, ...] | None = None
    vocabulary: int | None = None
    context: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A greedy answer as a user would get it, with the ids behind it where the engine tells them.

    `prompt_ids` are those that the model was given, BOS included; `output_ids` end before the stop
    token. `stopped` is whether a stop token ended it, not the limit. `num_prompt_tokens` is told
    by engines that count the ids but do not show them.
    """

    text: str
    stopped: bool
    prompt_ids: tuple[int, ...] | None = None
    output_ids: tuple[int, ...] | None = None
    num_prompt_tokens: int | None = None


class Engine(Protocol):
    """A model that runs somewhere. `name` is what a report calls it."""

    name: str

    def facts(self) -> Facts:
        """What the engine says of its model."""
        ...

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """The greedy answer to a conversation, which the engine renders by its own template."""
        ...

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs | None:
        """Of every next token after the prompt and after each token of the answer.

        [1 + len(answer), vocabulary]; nothing is added to the ids given. None: the engine does
        not tell them.
        """
        ...

    def close(self) -> None:
        """Lets go of the model, its process and its port."""
        ...


def plain_text(messages: Messages) -> str:
    """What a model without a chat template is asked: the texts of the messages, a line each."""
    return "\n".join(message["content"] for message in messages)
