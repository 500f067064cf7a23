"""A backend: an engine that spells one answer to one prompt, in pieces, as they come.

Several answers (`n`, lists of prompts) are several asks; the front puts them together again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from whet.types import Message

Prompt = str | tuple[int, ...]
"""A text that the engine tokenizes as the model's tokenizer says, or ready token ids."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as text and as its own bytes, with its log-probability and the likeliest instead.

    `logprob` is the natural logarithm of the raw softmax, before temperature, penalties and biases;
    None for the first token of a prompt, which nothing comes before.
    """

    text: str
    raw: bytes
    logprob: float | None
    top: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What came next of an answer. Counts stand on the last piece, which has `finish`.

    `tool_calls` are deltas in OpenAI's form, as the engine tells them.
    """

    text: str = ""
    tokens: tuple[Token, ...] = ()
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    finish: str | None = None
    num_prompt_tokens: int = 0
    num_output_tokens: int = 0


Pieces = AsyncGenerator[Piece, None]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one answer is drawn. `logprobs` None: not told; k: told, with the k likeliest beside.

    `max_tokens` None: up to the end of the context.
    """

    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a chat is answered from. `schema`: {} is any JSON object, None is free text."""

    messages: Sequence[Message]
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool | None = None
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What is served. `fingerprint` tells base and adapter by digest; equal ones answer alike.

    `context` is the longest sequence in tokens, `vocabulary` the number of token ids; None where
    the engine does not tell. `slots` are answers that it spells at a time.
    """

    id: str
    engine: str
    fingerprint: str
    context: int | None
    vocabulary: int | None
    slots: int


class Backend(Protocol):
    """An engine with a model loaded.

    `refuses` names the fields of a request that it cannot honour, each with the reason.
    Every generator raises `Fault` before its first piece or between two, and stops the engine's
    work when it is closed.
    """

    about: About
    refuses: Mapping[str, str]

    def chat(self, asked: Conversation, how: Sampling) -> Pieces:
        """The answer to a conversation, rendered by the model's own template."""
        ...

    def complete(self, prompt: Prompt, how: Sampling, *, echo: bool) -> Pieces:
        """What follows a prompt; with `echo` the prompt itself first, with its log-probabilities
        where `how` asks for them.
        """
        ...

    async def is_alive(self) -> bool:
        """Whether the engine would answer now."""
        ...

    async def close(self) -> None:
        """Lets go of the engine, its process and its port."""
        ...
