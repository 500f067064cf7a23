"""From pieces to a response: all at once, or event by event; ended when the client leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from whet.serving.backends.backend import Piece
from whet.serving.server.flow import ClientGone, Flow, until_gone
from whet.serving.surface.faults import Fault, broken
from whet.serving.surface.responses import DONE, Frame, Gathered, event, total

CLIENT_GONE = 499
"""As nginx counts it; nobody is there to read it."""

Choose = Callable[[int, Gathered], dict[str, Any]]
Chunks = Callable[[int, Piece, Gathered], Sequence[dict[str, Any]]]


async def whole(
    request: Request, flow: Flow, frame: Frame, number: int, per_prompt: int, choose: Choose
) -> Response:
    """All answers at once."""
    answers = [Gathered() for _ in range(number)]

    async def gather() -> None:
        async for index, piece in flow:
            answers[index].add(piece)

    try:
        await until_gone(request.receive, gather())
    except ClientGone:
        return Response(status_code=CLIENT_GONE)
    finally:
        await flow.close()
    choices = [choose(index, answer) for index, answer in enumerate(answers)]
    return JSONResponse(frame.of(choices, usage=total(answers, per_prompt)))


async def streamed(
    request: Request,
    flow: Flow,
    frame: Frame,
    number: int,
    per_prompt: int,
    has_usage: bool,
    chunks: Chunks,
) -> Response:
    """Events. The first piece is waited for, so that what fails before it has its own status."""
    try:
        first = await until_gone(request.receive, flow.__anext__())
    except ClientGone:
        await flow.close()
        return Response(status_code=CLIENT_GONE)
    except BaseException:
        await flow.close()
        raise
    events = _events(first, flow, frame, number, per_prompt, has_usage, chunks)
    return Events(events, flow)


async def _events(
    first: tuple[int, Piece],
    flow: Flow,
    frame: Frame,
    number: int,
    per_prompt: int,
    has_usage: bool,
    chunks: Chunks,
) -> AsyncGenerator[bytes, None]:
    before = [Gathered() for _ in range(number)]
    more: dict[str, Any] = {"usage": None} if has_usage else {}

    def told(index: int, piece: Piece) -> bytes:
        made = chunks(index, piece, before[index])
        before[index].add(piece)
        return b"".join(event(frame.of([choice], **more)) for choice in made)

    yield told(*first)
    try:
        async for index, piece in flow:
            yield told(index, piece)
    except Fault as fault:
        # The status is sent already. Without [DONE] no client takes this for a whole answer.
        yield event(fault.body())
        return
    except Exception:
        yield event(broken().body())
        raise
    if has_usage:
        yield event(frame.of([], usage=total(before, per_prompt)))
    yield DONE


class Events(StreamingResponse):
    """A stream of events that ends the engine's work when it ends, however it ends."""

    def __init__(self, events: AsyncGenerator[bytes, None], flow: Flow) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._flow = flow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._flow.close()
