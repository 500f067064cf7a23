"""The application on a socket, until it is interrupted."""

from __future__ import annotations

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from whet.errors import Interrupted
from whet.serving.backends.backend import Backend
from whet.serving.server.admission import Gate
from whet.serving.server.app import create_app
from whet.serving.server.guard import Keys
from whet.serving.server.limits import LIMITS, Limits

MAX_HEADER_BYTES = 64 * 2**10


class _Server(uvicorn.Server):
    """uvicorn, told what to do with its signals: answers under way end within the grace time."""

    def __init__(self, config: uvicorn.Config, gate: Gate, backend: Backend) -> None:
        super().__init__(config)
        self._gate, self._backend = gate, backend
        self.signals: list[int] = []

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """A signal sets a flag. uvicorn itself would send it on to the process afterwards."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: Any) -> None:
        self.signals.append(number)
        self.handle_exit(number, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets nobody in, ends what is inside, then the engine."""
        self._gate.close()
        await super().shutdown(sockets)
        await self._backend.close()


SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_server(backend: Backend, sock: socket.socket, keys: Keys, limits: Limits = LIMITS) -> None:
    """Answers until SIGINT or SIGTERM; answers under way are finished first, within a grace time.

    A second SIGINT ends them at once. No access log is written.

    Raises:
        Interrupted: always, once it was asked to stop.
    """
    guard, app = create_app(backend, keys, limits)
    config = uvicorn.Config(
        guard,
        http="h11",
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=limits.max_connections,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=int(limits.grace_s) + 5,
    )
    server = _Server(config, app.state.desk.gate, backend)
    server.run(sockets=[sock])
    name = signal.Signals(server.signals[0]).name if server.signals else "a failure to start"
    raise Interrupted(f"stopped by {name}")
