"""Answers in OpenAI's form: whole, or chunk by chunk."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.serving.backends.backend import About, Piece, Token

DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def usage(prompt_tokens: int, output_tokens: int) -> dict[str, int]:
    """What a request cost in tokens."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": prompt_tokens + output_tokens,
    }


@dataclass(slots=True)
class Gathered:
    """An answer put together from its pieces."""

    text: list[str] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    finish: str | None = None
    num_prompt_tokens: int = 0
    num_output_tokens: int = 0

    def add(self, piece: Piece) -> None:
        """Takes in what came next."""
        self.text.append(piece.text)
        self.tokens.extend(piece.tokens)
        for delta in piece.tool_calls:
            self._add_call(delta)
        self.finish = piece.finish or self.finish
        self.num_prompt_tokens = piece.num_prompt_tokens or self.num_prompt_tokens
        self.num_output_tokens = piece.num_output_tokens or self.num_output_tokens

    def _add_call(self, delta: Any) -> None:
        number = int(delta.get("index", len(self.calls)))
        call = self.calls.setdefault(
            number, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        call["id"] = delta.get("id") or call["id"]
        told = delta.get("function") or {}
        call["function"]["name"] += told.get("name") or ""
        call["function"]["arguments"] += told.get("arguments") or ""


class Frame:
    """What all chunks of one response carry: its id, its time, the model and its fingerprint."""

    def __init__(self, kind: str, prefix: str, about: About) -> None:
        self.common = {
            "id": f"{prefix}-{uuid.uuid4().hex}",
            "object": kind,
            "created": int(time.time()),
            "model": about.id,
            "system_fingerprint": about.fingerprint,
        }

    def of(self, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A response or a chunk."""
        return {**self.common, "choices": choices, **more}


def total(answers: Sequence[Gathered], per_prompt: int) -> dict[str, int]:
    """Usage of a request: each prompt is counted once, however many answers it has."""
    prompts = sum(answer.num_prompt_tokens for answer in answers[::per_prompt])
    return usage(prompts, sum(answer.num_output_tokens for answer in answers))


# -- chat ------------------------------------------------------------------------------------------


def chat_choice(number: int, answer: Gathered, has_logprobs: bool) -> dict[str, Any]:
    """A whole answer of a chat."""
    text: str | None = "".join(answer.text)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if answer.calls:
        message["content"] = text or None
        message["tool_calls"] = [answer.calls[key] for key in sorted(answer.calls)]
    return {
        "index": number,
        "message": message,
        "logprobs": chat_logprobs(answer.tokens) if has_logprobs else None,
        "finish_reason": answer.finish,
    }


def chat_deltas(number: int, piece: Piece, *, is_first: bool) -> Iterator[dict[str, Any]]:
    """The choices of a chunk each that tell a piece of a chat."""

    def choice(delta: dict[str, Any], logprobs: Any = None, finish: str | None = None) -> Any:
        return {"index": number, "delta": delta, "logprobs": logprobs, "finish_reason": finish}

    if is_first:
        yield choice({"role": "assistant", "content": "", "refusal": None})
    if piece.text or piece.tokens:
        told = chat_logprobs(piece.tokens) if piece.tokens else None
        yield choice({"content": piece.text}, told)
    if piece.tool_calls:
        yield choice({"tool_calls": list(piece.tool_calls)})
    if piece.finish:
        yield choice({}, finish=piece.finish)


def chat_logprobs(tokens: Iterable[Token]) -> dict[str, Any]:
    """Log-probabilities as chats tell them."""
    content = [
        _chat_token(token) | {"top_logprobs": [_chat_token(other) for other in token.top]}
        for token in tokens
    ]
    return {"content": content, "refusal": None}


def _chat_token(token: Token) -> dict[str, Any]:
    return {"token": token.text, "bytes": list(token.raw), "logprob": token.logprob}


# -- completions -----------------------------------------------------------------------------------


def completion_choice(number: int, answer: Gathered, has_logprobs: bool) -> dict[str, Any]:
    """A whole answer to a prompt."""
    return {
        "index": number,
        "text": "".join(answer.text),
        "logprobs": completion_logprobs(answer.tokens, 0) if has_logprobs else None,
        "finish_reason": answer.finish,
    }


def completion_logprobs(tokens: Sequence[Token], offset: int) -> dict[str, Any]:
    """Log-probabilities as completions tell them; `offset` is where the first token's text begins.

    Two ids of the same text (halves of one character) share a key: the likelier is told.
    """
    starts, position = [], offset
    for token in tokens:
        starts.append(position)
        position += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [_likeliest(token) for token in tokens],
        "text_offset": starts,
    }


def _likeliest(token: Token) -> dict[str, float] | None:
    if token.logprob is None:
        return None
    found: dict[str, float] = {}
    for other in (*token.top, token):
        assert other.logprob is not None
        found[other.text] = max(found.get(other.text, other.logprob), other.logprob)
    return found
