"""A stand-in for `vllm serve`: its arguments, its key, its routes and forms, and no model."""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAMES = ("VLLM_NO_USAGE_STATS", "DO_NOT_TRACK", "WHET_API_KEY")
arguments = sys.argv[1:]
assert arguments[0] == "serve"
model = arguments[1]
options = dict(zip(arguments[2::2], arguments[3::2], strict=False))
name = options["--served-model-name"]
print(f"loading {model}", flush=True)
if model == "fails":
    print("out of memory", flush=True)
    sys.exit(3)
if model == "never":
    time.sleep(600)


class Handler(BaseHTTPRequestHandler):
    """vLLM's routes."""

    def log_message(self, *told: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, {})
        elif self._is_known():
            told = {key: os.environ.get(key) for key in NAMES}
            self._send(200, {"data": [{"id": name}], "environment": told, "pid": os.getpid()})

    def do_POST(self) -> None:
        if not self._is_known():
            return
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert body["model"] == name and body["stream"]
        is_chat = self.path == "/v1/chat/completions"
        events = list(chat(body) if is_chat else completion(body))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in events:
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _is_known(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {os.environ['VLLM_API_KEY']}":
            return True
        self._send(401, {"error": "Unauthorized"})
        return False

    def _send(self, status: int, value: Any) -> None:
        raw = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def chat(body: dict[str, Any]) -> Any:
    words = ["you ", "said: ", body["messages"][-1]["content"]]
    yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    for word in words:
        row = {"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []}
        told = {"content": [row]} if body.get("logprobs") else None
        yield {"choices": [{"index": 0, "delta": {"content": word}, "logprobs": told}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": len(words)}}


def completion(body: dict[str, Any]) -> Any:
    assert body["echo"] and body["max_tokens"] == 0
    told = {
        "tokens": ["a", " b"],
        "token_logprobs": [None, -1.5],
        "top_logprobs": [None, {" c": -0.1, " b": -1.5}],
        "text_offset": [0, 1],
    }
    choice = {"index": 0, "text": body["prompt"], "logprobs": told, "finish_reason": "length"}
    yield {"choices": [choice]}
    yield {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 0}}


ThreadingHTTPServer((options["--host"], int(options["--port"])), Handler).serve_forever()
