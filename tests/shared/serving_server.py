"""The front over a backend, on a real port, in a thread of the test's process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn

from whet.serving.server.app import create_app
from whet.serving.server.guard import Keys
from whet.serving.server.limits import LIMITS
from whet.web.address import listen


@dataclass(frozen=True, slots=True)
class Served:
    """A server under test. `loop` is the one that it runs in."""

    url: str
    engine: str
    backend: Any
    app: Any
    loop: asyncio.AbstractEventLoop


@contextmanager
def running(backend: Any, keys: tuple[str, ...] = (), **limits: Any) -> Iterator[Served]:
    """The backend served, with these limits other than the defaults."""
    guard, app = create_app(backend, Keys.of(keys), replace(LIMITS, **limits))
    sock = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        guard, http="h11", log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    server, loop = uvicorn.Server(config), asyncio.new_event_loop()

    async def serve() -> None:
        await server.serve(sockets=[sock])
        await backend.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    try:
        yield Served(url, backend.about.engine, backend, app, loop)
    finally:
        server.should_exit = True
        thread.join(15)
        sock.close()
        loop.close()


def client(served: Served) -> Any:
    """The official client of a server, one for each; `close_clients` closes them."""
    import openai

    if served.url not in _clients:
        _clients[served.url] = openai.OpenAI(
            base_url=f"{served.url}/v1", api_key="none", max_retries=0
        )
    return _clients[served.url]


def close_clients() -> None:
    """Closes every client that was made."""
    while _clients:
        _clients.popitem()[1].close()


_clients: dict[str, Any] = {}
