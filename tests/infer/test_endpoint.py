from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from whet.errors import EndpointError
from whet.types import Completion, Decoding, FinishReason, Message

pytest.importorskip("httpx2")

from whet.infer import EndpointCompleter

Reply = tuple[int, Any, dict[str, str]]
KEY = "sk-very-secret"


def said(text: str, reason: str = "stop") -> Reply:
    choice = {"message": {"content": text}, "finish_reason": reason}
    return 200, {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}, {}


class Server:
    """Answers by a function of (number of the request, its body), and keeps what it was sent."""

    def __init__(self, reply: Callable[[int, dict[str, Any]], Reply]) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.at_once = self.most_at_once = 0
        lock, server = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    number = len(server.bodies)
                    server.bodies.append(body)
                    server.headers.append(self.headers)
                    server.paths.append(self.path)
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                status, answer, headers = reply(number, body)
                with lock:
                    server.at_once -= 1
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def serve(loopback: None) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(reply: Callable[[int, dict[str, Any]], Reply]) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(*texts: str) -> list[list[Message]]:
    return [[{"role": "user", "content": text}] for text in texts]


def complete(
    url: str, *texts: str, decoding: Decoding | None = None, **options: Any
) -> list[Completion]:
    completer = EndpointCompleter(url, "big", **options)
    try:
        return completer.complete(ask(*texts), decoding or Decoding(max_new_tokens=9))
    finally:
        completer.close()


def test_answers_come_in_order_with_their_counts(serve: Callable[..., Server]) -> None:
    def reply(_: int, body: dict[str, Any]) -> Reply:
        text = body["messages"][0]["content"]
        time.sleep(0.05 if text == "a" else 0)
        return said(text.upper(), "length" if text == "b" else "stop")

    server = serve(reply)
    found = complete(server.url, "a", "b")
    assert [c.text for c in found] == ["A", "B"]
    assert [c.finish_reason for c in found] == [FinishReason.STOP, FinishReason.LENGTH]
    assert (found[0].num_prompt_tokens, found[0].num_output_tokens) == (3, 2)
    assert server.paths[0] == "/v1/chat/completions"
    assert server.bodies[0] == {
        "model": "big",
        "messages": server.bodies[0]["messages"],
        "temperature": 0.0,
        "max_tokens": 9,
    }


def test_stop_and_seed_are_sent_where_they_matter(serve: Callable[..., Server]) -> None:
    server = serve(lambda *_: said("x"))
    complete(server.url, "a", decoding=Decoding(0.5, 4, stop=("\n",), seed=3))
    assert server.bodies[0]["stop"] == ["\n"]
    assert server.bodies[0]["seed"] == 3


WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def test_tools_are_sent_with_their_prompt_and_calls_come_back_as_json(
    serve: Callable[..., Server],
) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}

    def reply(_: int, body: dict[str, Any]) -> Reply:
        status, answer, headers = said("Let me see.")
        if body["messages"][0]["content"] == "silent":
            answer["choices"][0]["message"]["content"] = None
        if "tools" in body:
            answer["choices"][0]["message"]["tool_calls"] = [call]
        return status, answer, headers

    server = serve(reply)
    completer = EndpointCompleter(server.url, "big", concurrency=1)
    try:
        asked = ask("plain", "both", "silent")
        found = completer.complete(asked, Decoding(), [(), (WEATHER,), (WEATHER,)])
    finally:
        completer.close()
    written = json.dumps({"tool_calls": [call]})
    assert [c.text for c in found] == ["Let me see.", f"Let me see.\n{written}", written]
    assert [body.get("tools") for body in server.bodies] == [None, [WEATHER], [WEATHER]]


def test_the_key_comes_from_the_environment_and_is_never_told(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    server = serve(lambda *_: (401, refusal, {}))
    with pytest.raises(EndpointError, match="answered 401: Incorrect API key") as caught:
        complete(server.url, "a", api_key_env="TEST_KEY")
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(caught.value)
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "answer", [{"you": f"sent {KEY}"}, "x" * (300 - len(KEY) // 2) + KEY, ["x" * 290 + KEY]]
)
def test_a_key_is_told_neither_by_a_strange_answer_nor_cut_in_half(
    answer: Any, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    with pytest.raises(EndpointError) as caught:
        complete(serve(lambda *_: (200, answer, {})).url, "a", api_key_env="TEST_KEY")
    assert KEY[:6] not in str(caught.value)


def test_a_retry_after_of_nothing_is_no_leave_to_ask_without_a_pause(
    serve: Callable[..., Server],
) -> None:
    server = serve(lambda *_: (503, "overloaded", {"Retry-After": "0"}))
    with pytest.raises(EndpointError, match="503"):
        complete(server.url, "a", retry_budget_s=0.6)
    assert len(server.bodies) <= 3


def test_a_missing_key_is_an_error_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TEST_KEY", raising=False)
    with pytest.raises(EndpointError, match="TEST_KEY is not set"):
        EndpointCompleter("http://localhost", "big", api_key_env="TEST_KEY")


def test_busy_answers_are_asked_again_after_the_time_they_name(
    serve: Callable[..., Server],
) -> None:
    def reply(number: int, _: dict[str, Any]) -> Reply:
        return (
            (429, {"error": {"message": "slow down"}}, {"Retry-After": "0.2"})
            if (number < 2)
            else said("done")
        )

    server = serve(reply)
    start = time.monotonic()
    assert complete(server.url, "a")[0].text == "done"
    assert time.monotonic() - start >= 0.4
    assert len(server.bodies) == 3


def test_retries_end_with_their_budget(serve: Callable[..., Server]) -> None:
    server = serve(lambda *_: (503, "overloaded", {"Retry-After": "60"}))
    with pytest.raises(EndpointError, match=r"503: overloaded.*within 1 s; it asks to wait 60 s"):
        complete(server.url, "a", retry_budget_s=1)
    assert len(server.bodies) == 1


def test_no_connection_is_an_endpoint_error() -> None:
    with pytest.raises(EndpointError, match="gave no answer: ConnectError"):
        complete("http://127.0.0.1:9", "a", retry_budget_s=0.1)


def test_a_silent_endpoint_times_out(serve: Callable[..., Server]) -> None:
    def reply(*_: Any) -> Reply:
        time.sleep(0.6)
        return said("late")

    with pytest.raises(EndpointError, match="ReadTimeout"):
        complete(serve(reply).url, "a", timeout_s=0.1, retry_budget_s=0.1)


def test_an_answer_that_is_no_completion_is_shown(serve: Callable[..., Server]) -> None:
    with pytest.raises(EndpointError, match=r"no chat completion.*teapot"):
        complete(serve(lambda *_: (200, {"teapot": 1}, {})).url, "a")


def test_no_more_requests_run_at_once_than_allowed(serve: Callable[..., Server]) -> None:
    def reply(*_: Any) -> Reply:
        time.sleep(0.03)
        return said("x")

    server = serve(reply)
    complete(server.url, *map(str, range(12)), concurrency=3)
    assert server.most_at_once <= 3


def test_models_that_want_the_newer_name_of_the_limit_get_it(
    serve: Callable[..., Server],
) -> None:
    def reply(_: int, body: dict[str, Any]) -> Reply:
        if "max_tokens" in body:
            return 400, {"error": {"message": "Use 'max_completion_tokens' instead."}}, {}
        return said("x")

    server = serve(reply)
    complete(server.url, "a", "b", concurrency=1)
    assert [sorted(body)[0] for body in server.bodies] == [
        "max_tokens",
        "max_completion_tokens",
        "max_completion_tokens",
    ]


@pytest.mark.parametrize("url", ["api.example.com", "http://", "http://[::1", "http://a:b/v1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(EndpointError, match=f"{re.escape(repr(url))} is no http"):
        EndpointCompleter(url, "big")


def test_no_proxy_is_on_the_way_to_this_machine(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert complete(serve(lambda *_: said("x")).url, "a", retry_budget_s=0.1)[0].text == "x"
