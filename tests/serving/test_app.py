"""What the front itself answers: keys, hosts, sizes, shapes of errors, queues, leaving clients."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from serving_server import client, running

from whet.serving.backends.backend import About, Conversation, Piece, Pieces, Prompt, Sampling
from whet.serving.surface.faults import Fault

KEY = "a-key-of-enough-length"
CHAT = {"model": "fake", "messages": [{"role": "user", "content": "hi"}]}


class Scripted:
    """A backend at an edge that we own: it spells words slowly, fails when told to, and counts."""

    def __init__(self, slots: int = 1, pause_s: float = 0.0, words: int = 5) -> None:
        self.about = About("fake", "scripted", "fp", 100, 50, slots)
        self.refuses: Mapping[str, str] = {}
        self.pause_s, self.words = pause_s, words
        self.fault_after: int | None = None
        self.break_after: int | None = None
        self.started = self.ended = self.finished = self.most_at_once = 0

    async def chat(self, asked: Conversation, how: Sampling) -> Pieces:
        self.started += 1
        self.most_at_once = max(self.most_at_once, self.started - self.ended)
        try:
            for number in range(self.words):
                if number == self.break_after:
                    raise ZeroDivisionError("a prompt's text stands here")
                if number == self.fault_after:
                    raise Fault(500, "The engine failed: as told.")
                await asyncio.sleep(self.pause_s)
                yield Piece(f"w{number} ")
            self.finished += 1
            yield Piece(finish="stop", num_prompt_tokens=3, num_output_tokens=self.words)
        finally:
            self.ended += 1

    async def complete(self, prompt: Prompt, how: Sampling, *, echo: bool) -> Pieces:
        raise ZeroDivisionError("a prompt's text stands here")
        yield Piece()

    async def is_alive(self) -> bool:
        return True

    async def close(self) -> None:
        pass


def post(url: str, body: Any, **headers: str) -> httpx2.Response:
    return httpx2.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=20)


def eventually(holds: Any, limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)


def test_without_the_key_only_health_and_ready_answer(loopback: None) -> None:
    paths = [
        "/", "/health", "/ready", "/docs", "/openapi.json", "/metrics", "/v1/models",
        "/v1/models/fake", "/v1/chat/completions", "/v1/completions", "//health", "/health/",
        "/%68ealth/..", "/v1//models", "/nothing",
    ]  # fmt: skip
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
    bad = ["", "Bearer", f"Basic {KEY}", "Bearer wrong", f"Bearer {KEY}x", "Bearer ' OR 1=1--"]
    with running(Scripted(), (KEY,)) as served, httpx2.Client(base_url=served.url) as web:
        for path in paths:
            for method in methods:
                is_open = path in ("/health", "/ready") and method in ("GET", "HEAD")
                status = web.request(method, path).status_code
                assert status in ((200, 405) if is_open else (401,)), (method, path, status)
        for told in bad:
            answer = web.get("/v1/models", headers={"authorization": told})
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
            assert answer.headers["www-authenticate"] == "Bearer"
        assert web.get(f"/v1/models?key={KEY}").status_code == 401
        told = {"authorization": f"Bearer {KEY}"}
        assert web.get("/v1/models", headers=told).status_code == 200
        assert web.get("/docs", headers=told).status_code == 404


def test_pages_of_other_names_and_other_sites_are_not_answered(loopback: None) -> None:
    with running(Scripted()) as served:
        for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
            answer = post(served.url, CHAT, **headers)
            assert answer.status_code == 403
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert post(served.url, CHAT).status_code == 200
        for host in ("127.0.0.2:8000", "LOCALHOST", "[::1]:80", "[0:0:0:0:0:0:0:1]"):
            assert post(served.url, CHAT, host=host).status_code == 200  # `--host` takes them all


def test_every_answer_has_an_id_and_keeps_a_plain_one_that_came(loopback: None) -> None:
    with running(Scripted()) as served:
        own = post(served.url, CHAT).headers["x-request-id"]
        assert own.startswith("req_")
        assert post(served.url, CHAT).headers["x-request-id"] != own
        kept = post(served.url, CHAT, **{"x-request-id": "trace-1"})
        assert kept.headers["x-request-id"] == "trace-1"
        other = post(served.url, {}, **{"x-request-id": "a b\tc"})
        assert other.headers["x-request-id"].startswith("req_")


def test_bodies_that_are_too_large_or_no_json_are_refused(loopback: None) -> None:
    with running(Scripted(), max_body_bytes=1_000) as served:
        url = f"{served.url}/v1/chat/completions"
        assert post(served.url, CHAT | {"user": "x" * 2_000}).status_code == 413

        def without_end() -> Iterator[bytes]:
            for _ in range(100):
                yield b"x" * 100

        assert httpx2.post(url, content=without_end()).status_code == 413
        json_type = {"content-type": "application/json"}
        for raw in (b"", b"{", b"[]", b"null", b'{"model": "\xff"}', b'{"a": NaN}', b"[" * 900,
                    b'{"model": "fake", "messages": [{"role": "user", "content": "\\ud800"}]}',
                    b'{"model": "fake", "temperature": NaN}', b'{"top_p": 1e999}'):  # fmt: skip
            answer = httpx2.post(url, content=raw, headers=json_type)
            assert answer.status_code == 400, raw
            assert answer.json()["error"]["type"] == "invalid_request_error"
        answer = httpx2.post(url, content=json.dumps(CHAT).encode())
        assert answer.status_code == 400
        assert "content-type" in answer.json()["error"]["message"]


def test_a_body_that_never_ends_is_given_up(loopback: None) -> None:
    with running(Scripted(), body_timeout_s=0.3) as served:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as link:
            link.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
            assert b" 408 " in link.recv(65_536).split(b"\r\n")[0]


def test_unknown_paths_and_methods_are_refused_in_openais_shape(loopback: None) -> None:
    with running(Scripted()) as served:
        for method, path, status in (
            ("GET", "/nothing", 404),
            ("GET", "/v1/chat/completions", 405),
            ("DELETE", "/v1/models/fake", 405),
            ("GET", "/v1/models/", 404),
        ):
            answer = httpx2.request(method, served.url + path)
            assert answer.status_code == status
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_fault_of_ours_is_a_500_that_tells_no_text_of_the_request(
    loopback: None, caplog: pytest.LogCaptureFixture
) -> None:
    with running(Scripted()) as served:
        body = {"model": "fake", "prompt": "x"}
        answer = httpx2.post(f"{served.url}/v1/completions", json=body, timeout=20)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "stands here" not in answer.text + caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_of_ours_in_the_middle_of_a_stream_is_told_in_it(
    loopback: None, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Scripted()
    backend.break_after = 2
    told = ""
    with running(backend) as served:
        url = f"{served.url}/v1/chat/completions"
        with (
            httpx2.stream("POST", url, json=CHAT | {"stream": True}, timeout=20) as answer,
            suppress(httpx2.TransportError),
        ):
            for part in answer.iter_text():
                told += part
    last = told.strip().split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "internal_error"
    assert "[DONE]" not in told
    assert "stands here" not in told + caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_before_the_first_piece_has_its_status_and_one_after_it_no_done(
    loopback: None,
) -> None:
    backend = Scripted()
    with running(backend) as served:
        backend.fault_after = 0
        for stream in (False, True):
            assert post(served.url, CHAT | {"stream": stream}).status_code == 500
        backend.fault_after = 2
        answer = post(served.url, CHAT | {"stream": True})
        assert answer.status_code == 200
        assert "w1" in answer.text
        last = answer.text.strip().split("\n\n")[-1]
        assert json.loads(last.removeprefix("data: "))["error"]["type"] == "server_error"
        assert "[DONE]" not in answer.text
        openai = pytest.importorskip("openai")
        with pytest.raises(openai.APIError):
            list(client(served).chat.completions.create(**CHAT, stream=True))


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_ends_the_engines_work(loopback: None, stream: bool) -> None:
    backend = Scripted(pause_s=0.05, words=400)
    with running(backend) as served:
        host, port = served.url.removeprefix("http://").split(":")
        body = json.dumps(CHAT | {"stream": stream}).encode()
        with socket.create_connection((host, int(port)), timeout=10) as link:
            link.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                b"application/json\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
                + body
            )  # fmt: skip
            eventually(lambda: backend.started == 1)
            if stream:
                link.recv(100)
        eventually(lambda: backend.ended == 1)
        assert backend.finished == 0
        backend.words = 2
        assert post(served.url, CHAT).status_code == 200  # its slot is free again


def test_one_too_many_waits_no_longer_than_it_takes_to_say_so(loopback: None) -> None:
    backend = Scripted(pause_s=0.2, words=5)
    with running(backend, max_queue=1) as served:
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(post(served.url, CHAT).status_code))
            for _ in range(2)
        ]
        for number, thread in enumerate(threads):
            thread.start()
            if number == 0:
                eventually(lambda: backend.started == 1)
        eventually(lambda: served.app.state.desk.gate.num_waiting == 1)
        answer = post(served.url, CHAT)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["error"]["code"] == "queue_full"
        for thread in threads:
            thread.join()
        assert statuses == [200, 200]


def test_the_engine_gets_as_many_answers_at_a_time_as_it_has_slots(loopback: None) -> None:
    backend = Scripted(slots=3, pause_s=0.01)
    with running(backend) as served:
        threads = [
            threading.Thread(target=post, args=(served.url, CHAT | {"n": 8})) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (backend.finished, backend.most_at_once) == (24, 3)
        assert served.app.state.desk.gate.num_waiting == 0


def test_the_deadline_counts_waiting_and_answering(loopback: None) -> None:
    with running(Scripted(pause_s=0.2, words=50), deadline_s=0.5) as served:
        answer = post(served.url, CHAT)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "deadline_exceeded"
        streamed = post(served.url, CHAT | {"stream": True})
        assert streamed.status_code == 200
        assert "deadline_exceeded" in streamed.text
        assert "[DONE]" not in streamed.text


def test_a_closing_gate_lets_nobody_in_and_cuts_who_is_inside(loopback: None) -> None:
    backend = Scripted(pause_s=0.1, words=200)
    with running(backend, grace_s=0.3) as served:
        told: list[str] = []
        thread = threading.Thread(
            target=lambda: told.append(post(served.url, CHAT | {"stream": True}).text)
        )
        thread.start()
        eventually(lambda: backend.started == 1)
        assert httpx2.get(f"{served.url}/ready").status_code == 200
        gate = served.app.state.desk.gate
        asyncio.run_coroutine_threadsafe(_close(gate), served.loop).result(5)
        assert httpx2.get(f"{served.url}/ready").status_code == 503
        assert httpx2.get(f"{served.url}/health").status_code == 200
        assert post(served.url, CHAT).json()["error"]["code"] == "stopping"
        thread.join(5)
        assert '"code": "stopping"' in told[0]
        assert "[DONE]" not in told[0]


async def _close(gate: Any) -> None:
    gate.close()
