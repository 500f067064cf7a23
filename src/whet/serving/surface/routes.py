"""The routes: models, health, chats and completions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from whet.serving.backends.backend import Backend, Piece
from whet.serving.server.admission import Gate
from whet.serving.server.flow import Ask, Flow
from whet.serving.surface.bodies import read_body
from whet.serving.surface.faults import Fault
from whet.serving.surface.fields import Asked, ChatBody, CompletionBody
from whet.serving.surface.requests import (
    chat_sampling,
    check_honoured,
    check_model,
    check_tokens,
    completion_sampling,
    conversation_of,
    prompts_of,
)
from whet.serving.surface.responses import (
    Frame,
    Gathered,
    chat_choice,
    chat_deltas,
    completion_choice,
    completion_logprobs,
)
from whet.serving.surface.sending import streamed, whole


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes work with, kept as `app.state.desk`."""

    backend: Backend
    gate: Gate
    started: int


routes = APIRouter()


def desk_of(request: Request) -> Desk:
    """What this server works with."""
    desk: Desk = request.app.state.desk
    return desk


@routes.get("/health")
async def health() -> dict[str, str]:
    """200 while the server runs."""
    return {"status": "ok"}


@routes.get("/ready")
async def ready(request: Request) -> dict[str, str]:
    """200 while the model would answer; 503 while it would not."""
    desk = desk_of(request)
    if desk.gate.is_closing:
        raise Fault(503, "The server is stopping.", code="stopping")
    if not await desk.backend.is_alive():
        raise Fault(503, "The engine does not answer.", code="engine_down", retry_after_s=5)
    return {"status": "ready"}


@routes.get("/v1/models")
async def models(request: Request) -> dict[str, Any]:
    """The one model that is served."""
    return {"object": "list", "data": [_model(desk_of(request))]}


@routes.get("/v1/models/{name:path}")
async def model(request: Request, name: str) -> dict[str, Any]:
    """The model of that name."""
    desk = desk_of(request)
    if name != desk.backend.about.id:
        raise Fault(
            404, f"The model {name[:256]!r} is not served here.", param="model",
            code="model_not_found",
        )  # fmt: skip
    return _model(desk)


def _model(desk: Desk) -> dict[str, Any]:
    about = desk.backend.about
    return {
        "id": about.id,
        "object": "model",
        "created": desk.started,
        "owned_by": "whet",
        "engine": about.engine,
        "fingerprint": about.fingerprint,
        "context": about.context,
    }


@routes.post("/v1/chat/completions")
async def chat(request: Request) -> Response:
    """An answer to a conversation."""
    desk = desk_of(request)
    body = await _read(ChatBody, request, desk)
    asked, how = conversation_of(body), chat_sampling(body)
    has_logprobs, number = how.logprobs is not None, body.n or 1
    asks = [_seeded(desk, how, i, lambda own: desk.backend.chat(asked, own)) for i in range(number)]
    flow = Flow(asks, desk.gate, desk.backend.about.slots)
    frame = Frame("chat.completion", "chatcmpl", desk.backend.about)
    if not body.stream:
        return await whole(
            request, flow, frame, number, number, lambda i, a: chat_choice(i, a, has_logprobs)
        )
    frame.common["object"] = "chat.completion.chunk"

    def chunks(index: int, piece: Piece, before: Gathered) -> Sequence[dict[str, Any]]:
        return list(chat_deltas(index, piece, is_first=not before.text))

    return await streamed(request, flow, frame, number, number, _with_usage(body), chunks)


@routes.post("/v1/completions")
async def complete(request: Request) -> Response:
    """What follows a prompt, or what the model thinks of the prompt itself."""
    desk = desk_of(request)
    body = await _read(CompletionBody, request, desk)
    prompts, how = prompts_of(body, desk.backend.about), completion_sampling(body)
    echo, has_logprobs, each = bool(body.echo), how.logprobs is not None, body.n or 1

    def ask(prompt: Any, number: int) -> Ask:
        return _seeded(desk, how, number, lambda own: desk.backend.complete(prompt, own, echo=echo))

    asks = [ask(prompt, number) for prompt in prompts for number in range(each)]
    flow = Flow(asks, desk.gate, desk.backend.about.slots)
    frame = Frame("text_completion", "cmpl", desk.backend.about)
    if not body.stream:
        return await whole(
            request, flow, frame, len(asks), each,
            lambda i, a: completion_choice(i, a, has_logprobs),
        )  # fmt: skip

    offsets = [0] * len(asks)

    def chunks(index: int, piece: Piece, before: Gathered) -> Sequence[dict[str, Any]]:
        told = completion_logprobs(piece.tokens, offsets[index]) if has_logprobs else None
        offsets[index] += sum(len(token.text) for token in piece.tokens)
        return [
            {"index": index, "text": piece.text, "logprobs": told, "finish_reason": piece.finish}
        ]

    return await streamed(request, flow, frame, len(asks), each, _with_usage(body), chunks)


async def _read(kind: Any, request: Request, desk: Desk) -> Any:
    body = read_body(kind, await request.body(), request.headers.get("content-type", ""))
    check_model(body, desk.backend.about)
    check_tokens(body, desk.backend.about)
    check_honoured(body, desk.backend.refuses, desk.backend.about.engine)
    if body.stream_options is not None and not body.stream:
        raise Fault(400, "stream_options goes with stream: true.", param="stream_options")
    return body


def _seeded(desk: Desk, how: Any, number: int, ask: Callable[[Any], Any]) -> Ask:
    """One of `n` answers: each has a seed of its own, so that they are not all the same."""
    own = how if how.seed is None else replace(how, seed=how.seed + number)
    return lambda: ask(own)


def _with_usage(body: Asked) -> bool:
    return bool(body.stream_options and body.stream_options.include_usage)


def new_desk(backend: Backend, gate: Gate) -> Desk:
    """A desk that opens now."""
    return Desk(backend, gate, int(time.time()))
