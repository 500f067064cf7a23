"""The engine behind an address, before a small server that answers as OpenAI, vLLM or llama.cpp."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from whet.engines.endpoint import Endpoint
from whet.errors import EndpointError

ASKED: Any = [{"role": "user", "content": "Hello", "weight": 0}]


class Server(ThreadingHTTPServer):
    """`answers` from a path to (status, body) or a function of the request's body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, Any, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self._answer(json.loads(self.rfile.read(length) or b"null"))

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.path, body, self.headers.get("authorization")))
        found = self.server.answers.get(self.path, (404, {"error": {"message": "no such path"}}))
        status, told = found(body) if callable(found) else found
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server(loopback: None) -> Iterator[Server]:
    made = Server()
    made.answers["/v1/chat/completions"] = (200, completion("Hi", logprobs=None))
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def engine(server: Server) -> Iterator[Endpoint]:
    made = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "tuned")
    yield made
    made.close()


def completion(text: str, *, reason: str = "stop", logprobs: Any = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": logprobs}
    return {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}


def test_text_end_and_prompt_tokens_are_told(server: Server, engine: Endpoint) -> None:
    answer = engine.answer(ASKED, 5)
    assert (answer.text, answer.stopped, answer.num_prompt_tokens) == ("Hi", True, 9)
    assert answer.prompt_ids is None and answer.output_ids is None
    body = next(body for path, body, _ in server.asked if path == "/v1/chat/completions")
    assert body["temperature"] == 0 and body["max_tokens"] == 5 and body["logprobs"] is True
    assert body["messages"] == [{"role": "user", "content": "Hello"}]
    assert engine.logprobs([1], [2]) is None


def test_an_answer_at_the_limit_is_not_stopped(server: Server, engine: Endpoint) -> None:
    server.answers["/v1/chat/completions"] = (200, completion("Hi", reason="length"))
    assert engine.answer(ASKED, 1).stopped is False


def test_tokens_are_heard_by_their_bytes(server: Server, engine: Endpoint) -> None:
    top = [{"token": "x", "logprob": -1.5, "bytes": None}]
    entry = {"token": "?", "bytes": [0xC3], "logprob": -0.25, "top_logprobs": top}
    body = completion("Hi", logprobs={"content": [entry]})
    server.answers["/v1/chat/completions"] = (200, body)
    engine.answer(ASKED, 5)
    assert engine.heard is not None and engine.heard[0].token == b"\xc3"
    assert engine.heard[0].logprob == -0.25 and engine.heard[0].top == {b"x": -1.5}


def test_a_server_without_logprobs_is_asked_again_without(server: Server, engine: Endpoint) -> None:
    def answer(body: Any) -> tuple[int, Any]:
        if "logprobs" in body:
            return 400, {"error": {"message": "logprobs are not supported"}}
        return 200, completion("Hi")

    server.answers["/v1/chat/completions"] = answer
    assert engine.answer(ASKED, 5).text == "Hi"
    assert engine.heard is None


def test_prompt_ids_are_those_that_vllm_tells(server: Server, engine: Endpoint) -> None:
    server.answers["/tokenize"] = (200, {"tokens": [1, 5, 6], "count": 3})
    assert engine.answer(ASKED, 5).prompt_ids == (1, 5, 6)
    told = next(body for path, body, _ in server.asked if path == "/tokenize")
    assert told["messages"] and told["add_generation_prompt"] is True


def test_prompt_ids_are_those_that_llama_cpp_tells(server: Server, engine: Endpoint) -> None:
    server.answers["/apply-template"] = (200, {"prompt": "<s>Hello"})
    server.answers["/tokenize"] = lambda body: (200, {"tokens": [len(body["content"])]})
    server.answers["/props"] = (
        200,
        {"chat_template": "{{ x }}", "default_generation_settings": {"n_ctx": 64}},
    )
    assert engine.answer(ASKED, 5).prompt_ids == (8,)
    assert engine.facts().template == "{{ x }}" and engine.facts().context == 64


def test_errors_name_the_server_and_hide_the_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_FOR_TEST", "sk-secret")
    address = f"http://127.0.0.1:{server.server_port}/v1"
    engine = Endpoint(address, "tuned", "KEY_FOR_TEST")
    server.answers["/v1/chat/completions"] = (401, {"error": {"message": "bad key sk-secret"}})
    with pytest.raises(EndpointError, match=r"#tuned answered 401: .*bad key \*\*\*"):
        engine.answer(ASKED, 5)
    assert server.asked[-1][2] == "Bearer sk-secret"
    server.answers["/v1/chat/completions"] = (200, {"you": "sent sk-secret"})
    with pytest.raises(EndpointError, match=r"no chat completion.*sent \*\*\*"):
        engine.answer(ASKED, 5)
    engine.close()


def test_addresses_and_keys_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EndpointError, match="no http"):
        Endpoint("ftp://x", "m")
    monkeypatch.delenv("KEY_FOR_TEST", raising=False)
    with pytest.raises(EndpointError, match="KEY_FOR_TEST is not set"):
        Endpoint("http://x", "m", "KEY_FOR_TEST")
    gone = Endpoint("http://127.0.0.1:9", "m")
    with pytest.raises(EndpointError, match="gave no answer"):
        gone.answer(ASKED, 5)
