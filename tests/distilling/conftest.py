"""An endpoint that misbehaves on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Reply = tuple[int, Any, dict[str, str]] | str
"""Status, body and headers; or `cut` and `slow`, which give no answer."""


class Server:
    """Answers by a function of (number of the request, its body), and keeps what it was sent."""

    def __init__(self, reply: Callable[[int, dict[str, Any]], Reply]) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server.lock:
                    number = len(server.bodies)
                    server.bodies.append(body)
                    server.keys.append(self.headers.get("Authorization"))
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                found = reply(number, body)
                with server.lock:
                    server.at_once -= 1
                if isinstance(found, str):
                    self._misbehave(found)
                    return
                status, answer, headers = found
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def _misbehave(self, how: str) -> None:
                if how == "slow":
                    time.sleep(1.0)
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_: Any) -> None: ...

            def finish(self) -> None:
                with suppress(OSError, ValueError):  # the connection was cut on purpose
                    super().finish()

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None: ...

            def shutdown_request(self, request: Any) -> None:
                with suppress(OSError):
                    super().shutdown_request(request)

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def questions(self) -> list[str]:
        """The last message of every request."""
        return [body["messages"][-1]["content"] for body in self.bodies]

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def serve(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    monkeypatch.setattr("whet.infer.endpoint.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("whet.verbs.distill.RETRY_BUDGET_S", 1.0)
    servers: list[Server] = []

    def start(reply: Callable[[int, dict[str, Any]], Reply]) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """Twelve prompts, one a line."""
    file = tmp_path / "prompts.txt"
    file.write_text("".join(f"question {n}\n" for n in range(12)), encoding="utf-8")
    return file
