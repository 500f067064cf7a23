"""A judge behind a real local HTTP server, scripted by the test."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Parts = dict[str, str]
Script = Callable[[Parts], str | int]
"""From the parts of a request (question, reference, answer or both answers) to what the judge says;
a number is an HTTP status."""


def parts_of(user: str) -> Parts:
    """The parts between tags that carry the request's mark."""
    mark = re.match(r"The mark is ([0-9a-f]{16})\.\n", user)
    assert mark is not None, user
    pattern = rf"<([\w-]+)-{mark[1]}>\n(.*?)\n</\1-{mark[1]}>"
    return dict(re.findall(pattern, user, re.DOTALL))


def score(value: object, reason: str = "") -> str:
    return json.dumps({"reason": reason, "score": value})


def better(value: object) -> str:
    return json.dumps({"reason": "", "better": value})


def knowing(parts: Parts) -> str:
    """A judge that knows the reference and is not swayed by anything."""
    right = parts["reference"].casefold()
    if "answer" in parts:
        return score(5 if parts["answer"].casefold() == right else 1)
    first, second = (parts[f"answer-{name}"].casefold() == right for name in "AB")
    return better("tie" if first == second else "A" if first else "B")


class JudgeServer:
    """Counts what it is asked; `script` may be changed on the way."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Parts] = []
        self.bodies: list[dict[str, Any]] = []
        lock, server = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                parts = parts_of(body["messages"][-1]["content"])
                with lock:
                    server.asked.append(parts)
                    server.bodies.append(body)
                    said = server.script(parts)
                answer: dict[str, Any] = {"error": {"message": "not now"}}
                if isinstance(said, str):
                    message = {"role": "assistant", "content": said}
                    usage = {"prompt_tokens": 100, "completion_tokens": 20}
                    choice = {"message": message, "finish_reason": "stop"}
                    answer = {"choices": [choice], "usage": usage}
                data = json.dumps(answer).encode()
                self.send_response(200 if isinstance(said, str) else said)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()


@pytest.fixture
def serve(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., JudgeServer]]:
    monkeypatch.setattr("whet.infer.endpoint.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("whet.stages.judge.asking.RETRY_BUDGET_S", 0.3)
    servers: list[JudgeServer] = []

    def start(script: Script = knowing) -> JudgeServer:
        servers.append(JudgeServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


Answer = Callable[[int, str], str]
"""From the number of a test item and its right answer to what a side answers."""


@pytest.fixture
def answered(make_project: Callable[..., Path]) -> Callable[..., Path]:
    """Makes a project with ready answers of a candidate (`tuned.jsonl`) and of a baseline `other`;
    no model has to answer."""

    def make(
        tuned: Answer,
        other: Answer,
        judge: str,
        *,
        name: str = "project",
        items: int = 60,
        evaluate: str = "primary: exact_match",
    ) -> Path:
        config = (
            "task: Say the sound of the animal.\nmodel: whet-nano\n"
            "data: {train: data/rows.jsonl, test: data/test.jsonl}\n"
            "prompt: prompt.txt\n"
            "arms: {other: {predictions: other.jsonl}}\n"
            f"eval: {{metrics: [exact_match], {evaluate}}}\n"
            "gates: {forgetting: {text: general.jsonl}}\n"
            f"judge: {{{judge}}}\n"
        )
        folder = make_project(name=name, config=config, rows=30)
        sounds = ("meow", "woof", "tweet")
        rows = [
            {"input": f"Which sound does animal number {n} make at night?", "output": sounds[n % 3]}
            for n in range(items)
        ]
        sides: dict[str, list[Any]] = {"data/test": rows}
        for file, answer in (("tuned", tuned), ("other", other)):
            sides[file] = [{"answer": answer(n, row["output"])} for n, row in enumerate(rows)]
        for file, lines in sides.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / f"{file}.jsonl").write_text(text, encoding="utf-8")
        return folder

    return make
