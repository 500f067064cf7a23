"""The pieces of a request's answers in the order they come, made by one task that can be ended.

    gate -> one ask an answer, each in its turn at the engine -> queue -> the response

The task is apart from the response, because a response is begun in one task and streamed in
another, while a deadline belongs to one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from whet.serving.backends.backend import Piece, Pieces
from whet.serving.server.admission import Gate, Turn
from whet.serving.surface.faults import Fault

T = TypeVar("T")
Ask = Callable[[], Pieces]
Receive = Callable[[], Awaitable[Any]]
AHEAD = 256
"""Pieces that wait for a slow client before the engine is slowed too."""


class ClientGone(Exception):
    """The client closed the connection; nobody is told anything any more."""


class Flow:
    """Pieces with the number of the answer that they belong to.

    Iterate, and `close` whatever happens: that ends the engine's work.
    """

    def __init__(self, asks: Sequence[Ask], gate: Gate, width: int) -> None:
        self._queue: asyncio.Queue[tuple[int, Piece] | Exception | None] = asyncio.Queue(AHEAD)
        self._asks, self._gate, self._width = asks, gate, width
        self._task = asyncio.create_task(self._run(time.monotonic()))

    def __aiter__(self) -> Flow:
        return self

    async def __anext__(self) -> tuple[int, Piece]:
        item = await self._queue.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """Ends what is still under way."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self, arrived: float) -> None:
        try:
            async with self._gate.passed(arrived) as turn:
                await self._spell_all(turn)
        except Exception as error:  # told to whoever reads, who raises it
            await self._queue.put(error)
        else:
            await self._queue.put(None)

    async def _spell_all(self, turn: Turn) -> None:
        if len(self._asks) == 1:
            async with turn():
                await self._spell(0)
            return
        own = asyncio.Semaphore(self._width)  # however many answers: others are not kept waiting

        async def spell(number: int) -> None:
            async with own, turn():
                await self._spell(number)

        tasks = [asyncio.create_task(spell(number)) for number in range(len(self._asks))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _spell(self, number: int) -> None:
        ended = False
        async with aclosing(self._asks[number]()) as pieces:
            async for piece in pieces:
                ended = ended or piece.finish is not None
                await self._queue.put((number, piece))
        if not ended:
            raise Fault(500, "The engine ended the answer without saying why.")


async def until_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, unless the client leaves before: then it is cancelled.

    Raises:
        ClientGone: the client left.
    """
    task, gone = asyncio.create_task(work), asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
