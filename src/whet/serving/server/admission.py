"""How much is taken on: so many answers at the engine, so many requests waiting, no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from whet.serving.server.limits import Limits
from whet.serving.surface.faults import Fault

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Entered around each answer of a request."""


class Gate:
    """Lets answers through in the order that they are asked for, at most `slots` at a time.

    When the server is told to stop, nobody is let in any more, and those inside have a grace time.
    """

    def __init__(self, slots: int, limits: Limits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(slots)
        self._inside: set[asyncio.Timeout] = set()
        self._waiting: set[asyncio.Timeout] = set()
        self.is_closing = False

    @property
    def num_waiting(self) -> int:
        """Requests of which no answer was begun."""
        return len(self._waiting)

    @asynccontextmanager
    async def passed(self, arrived: float) -> AsyncGenerator[Turn, None]:
        """Within it, a turn is held for each answer while the engine spells it.

        `arrived` is when the request came, by `time.monotonic`. Enter and leave it in one task:
        that task is what the deadline ends.

        Raises:
            Fault: 429 when the queue is full; 503 when the server is closing, or when the time for
                the whole request is over, waiting included.
        """
        self._check_open()
        self._check_queue()
        left = self._limits.deadline_s - (time.monotonic() - arrived)
        clock = asyncio.timeout(left)
        self._waiting.add(clock)
        try:
            async with clock:
                self._inside.add(clock)
                yield lambda: self._turn(clock)
        except TimeoutError:
            raise self._too_late() from None
        finally:
            self._inside.discard(clock)
            self._waiting.discard(clock)

    @asynccontextmanager
    async def _turn(self, clock: asyncio.Timeout) -> AsyncGenerator[None, None]:
        async with self._free:
            if clock in self._waiting:
                self._check_open()
                self._waiting.discard(clock)
            yield

    def _check_queue(self) -> None:
        if self._free.locked() and self.num_waiting >= self._limits.max_queue:
            raise Fault(
                429,
                f"{self.num_waiting} requests are waiting already. Try again in a moment.",
                code="queue_full",
                retry_after_s=self._limits.retry_after_s,
            )

    def close(self) -> None:
        """Lets nobody in any more; who is inside is done within the grace time."""
        if self.is_closing:
            return
        self.is_closing = True
        latest = asyncio.get_running_loop().time() + self._limits.grace_s
        for clock in self._inside:
            when = clock.when()
            if not clock.expired() and (when is None or when > latest):
                clock.reschedule(latest)

    def _check_open(self) -> None:
        if self.is_closing:
            raise Fault(503, "The server is stopping.", code="stopping", retry_after_s=5)

    def _too_late(self) -> Fault:
        if self.is_closing:
            return Fault(503, "The server is stopping; the answer was cut off.", code="stopping")
        seconds = self._limits.deadline_s
        return Fault(
            503,
            f"The request took longer than {seconds:g} s, waiting included, and was given up.",
            code="deadline_exceeded",
            retry_after_s=self._limits.retry_after_s,
        )
