"""An engine that speaks OpenAI's words itself: requests written for it, its chunks as pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from whet.serving.backends.backend import (
    About,
    Conversation,
    Piece,
    Pieces,
    Prompt,
    Sampling,
    Token,
)
from whet.serving.backends.upstream import Upstream

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"


def sampling_fields(how: Sampling) -> dict[str, Any]:
    """What both routes take in the same words."""
    fields: dict[str, Any] = {"temperature": how.temperature, "top_p": how.top_p}
    if how.max_tokens is not None:
        fields["max_tokens"] = how.max_tokens
    if how.seed is not None:
        fields["seed"] = how.seed
    if how.stop:
        fields["stop"] = list(how.stop)
    if how.frequency_penalty:
        fields["frequency_penalty"] = how.frequency_penalty
    if how.presence_penalty:
        fields["presence_penalty"] = how.presence_penalty
    if how.logit_bias:
        fields["logit_bias"] = {str(token): bias for token, bias in how.logit_bias.items()}
    return fields


def chat_fields(asked: Conversation, how: Sampling) -> dict[str, Any]:
    """The body of a chat, always as a stream with its usage."""
    body = sampling_fields(how) | {
        "messages": list(asked.messages),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if how.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": how.logprobs}
    if asked.tools:
        body |= {"tools": list(asked.tools), "tool_choice": asked.tool_choice}
    if asked.parallel_tool_calls is not None and asked.tools:
        body["parallel_tool_calls"] = asked.parallel_tool_calls
    if asked.schema is not None:
        body["response_format"] = (
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": asked.schema}}
            if asked.schema
            else {"type": "json_object"}
        )
    return body


async def chat_pieces(upstream: Upstream, body: dict[str, Any], top: int | None) -> Pieces:
    """The pieces of a chat; `top` likeliest tokens are told of those that the engine tells."""
    last = Piece()
    async with aclosing(upstream.events(CHAT, body, "messages")) as events:
        async for event in events:
            for choice in event.get("choices") or ():
                delta = choice.get("delta") or {}
                tokens = chat_tokens(choice.get("logprobs"), top)
                calls = tuple(delta.get("tool_calls") or ())
                text = delta.get("content") or ""
                if text or calls or tokens:
                    yield Piece(text, tokens, calls)
                if choice.get("finish_reason"):
                    last = Piece(finish=choice["finish_reason"])
            last = _counted(last, event.get("usage"))
    if last.finish:
        yield last


def _counted(last: Piece, usage: Mapping[str, Any] | None) -> Piece:
    if not usage:
        return last
    return Piece(
        finish=last.finish,
        num_prompt_tokens=int(usage.get("prompt_tokens", 0)),
        num_output_tokens=int(usage.get("completion_tokens", 0)),
    )


def chat_tokens(logprobs: Mapping[str, Any] | None, top: int | None) -> tuple[Token, ...]:
    """Log-probabilities of a chunk."""
    if top is None or not logprobs:
        return ()
    return tuple(token_of(row, top) for row in logprobs.get("content") or ())


def token_of(row: Mapping[str, Any], top: int) -> Token:
    """A token as engines tell it in chats."""
    others: Iterable[Mapping[str, Any]] = (row.get("top_logprobs") or ())[:top]
    return Token(
        str(row.get("token", "")),
        _raw(row),
        float(row["logprob"]),
        tuple(Token(str(o.get("token", "")), _raw(o), float(o["logprob"])) for o in others),
    )


def _raw(row: Mapping[str, Any]) -> bytes:
    told = row.get("bytes")
    return bytes(told) if told is not None else str(row.get("token", "")).encode("utf-8", "replace")


class OpenAIEngine:
    """A backend whose engine takes OpenAI's requests as they are: `vllm serve`.

    `name` is what the engine itself calls the model.
    """

    def __init__(
        self, upstream: Upstream, about: About, name: str, stop: Callable[[], None]
    ) -> None:
        self._upstream, self._name, self._stop = upstream, name, stop
        self.about = about
        self.refuses: Mapping[str, str] = {}

    def chat(self, asked: Conversation, how: Sampling) -> Pieces:
        """The answer to a conversation."""
        body = {"model": self._name, **chat_fields(asked, how)}
        return chat_pieces(self._upstream, body, how.logprobs)

    async def complete(self, prompt: Prompt, how: Sampling, *, echo: bool) -> Pieces:
        """What follows a prompt; with `echo` the prompt first."""
        body = {
            "model": self._name,
            "prompt": prompt if isinstance(prompt, str) else list(prompt),
            "stream": True,
            "stream_options": {"include_usage": True},
            "echo": echo,
            **sampling_fields(how),
        }
        if how.logprobs is not None:
            body["logprobs"] = how.logprobs
        last = Piece()
        async with aclosing(self._upstream.events(COMPLETIONS, body, "prompt")) as events:
            async for event in events:
                for choice in event.get("choices") or ():
                    tokens = completion_tokens(choice.get("logprobs"))
                    if choice.get("text") or tokens:
                        yield Piece(choice.get("text") or "", tokens)
                    if choice.get("finish_reason"):
                        last = Piece(finish=choice["finish_reason"])
                last = _counted(last, event.get("usage"))
        if last.finish:
            yield last

    async def is_alive(self) -> bool:
        """Whether the engine says that it is well."""
        return await self._upstream.get("/health") == 200

    async def close(self) -> None:
        """Closes the connections and ends the engine."""
        await self._upstream.close()
        self._stop()


def completion_tokens(logprobs: Mapping[str, Any] | None) -> tuple[Token, ...]:
    """Log-probabilities of a chunk of a completion."""
    if not logprobs:
        return ()
    rows = zip(
        logprobs["tokens"], logprobs["token_logprobs"], logprobs["top_logprobs"], strict=True
    )
    return tuple(
        Token(
            text,
            text.encode("utf-8", "replace"),
            logprob,
            tuple(Token(t, t.encode("utf-8", "replace"), p) for t, p in (top or {}).items()),
        )
        for text, logprob, top in rows
    )
