"""What the front of `whet serve` adds to llama.cpp's own server: first token, tokens after it, all.

    python benchmarks/serving.py MODEL.gguf [--rounds 200]

Both ways in turn, the same engine behind both, one client, one request at a time; the same streamed
chat of 64 greedy tokens. Medians with the 5th and 95th percentile. Last the front's own processor
time, asked without a client, which other load on the machine does not change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from whet.serving.opening import open_backend
from whet.serving.server.app import create_app
from whet.serving.server.guard import Keys
from whet.serving.target import Target
from whet.web.address import listen

NUM_TOKENS = 64
BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "Tell me a long story about a cat."}],
    "temperature": 0,
    "max_tokens": NUM_TOKENS,
    "logit_bias": {"2": -100, "0": -100},  # whet-nano's ends: every answer is as long
    "stream": True,
}


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one streamed answer."""

    first_ms: float
    each_ms: float
    total_ms: float


def ask(client: httpx2.Client, url: str, key: str) -> Timing:
    """One streamed chat, on a connection of its own."""
    start = time.perf_counter()
    first, count = 0.0, 0
    headers = {"authorization": f"Bearer {key}", "connection": "close"}
    with client.stream("POST", url, json=BODY, headers=headers, timeout=60) as response:
        assert response.status_code == 200, response.read()
        for line in response.iter_lines():
            if not line.startswith("data: {"):
                continue
            choices = json.loads(line[6:])["choices"]
            if choices and choices[0]["delta"].get("content"):
                count += 1
                first = first or time.perf_counter()
    end = time.perf_counter()
    each = (end - first) / max(1, count - 1)
    return Timing((first - start) * 1e3, each * 1e3, (end - start) * 1e3)


def told(values: list[float]) -> str:
    """Median with 5th and 95th percentile."""
    cuts = statistics.quantiles(values, n=20)
    return f"{statistics.median(values):7.2f} ({cuts[0]:.2f} to {cuts[-1]:.2f})"


async def processor_ms(guard: Any, num_tokens: int, rounds: int) -> float:
    """Processor time of this process for one request, without client and without sockets to it."""
    body = json.dumps(BODY | {"max_tokens": num_tokens}).encode()
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"",
        "http_version": "1.1", "scheme": "http", "root_path": "", "headers": headers,
        "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2),
        "asgi": {"version": "3.0", "spec_version": "2.3"},
    }  # fmt: skip

    async def one() -> None:
        sent = False

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", 200) == 200

        await guard(dict(scope), receive, send)

    await one()
    start = time.process_time()
    for _ in range(rounds):
        await one()
    return (time.process_time() - start) / rounds * 1e3


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    backend = open_backend(
        Target("m", gguf=options.gguf), "llama.cpp", context=None, slots=1, say=print
    )
    guard, _ = create_app(backend, Keys())
    sock = listen("127.0.0.1", 0)
    config = uvicorn.Config(guard, http="h11", log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    upstream = backend._upstream  # type: ignore[attr-defined]
    key = upstream._client.headers["authorization"].removeprefix("Bearer ")
    direct = str(upstream._client.base_url).rstrip("/") + "/v1/chat/completions"
    front = f"http://127.0.0.1:{sock.getsockname()[1]}/v1/chat/completions"
    client = httpx2.Client(trust_env=False)
    for url in (direct, front) * 5:
        ask(client, url, key)
    found: dict[str, list[Timing]] = {"direct": [], "front": []}
    for number in range(options.rounds):
        pair = [("direct", direct), ("front", front)]
        for name, url in pair if number % 2 else reversed(pair):
            found[name].append(ask(client, url, key))
    for field in ("first_ms", "each_ms", "total_ms"):
        rows = {name: [getattr(t, field) for t in times] for name, times in found.items()}
        added = [b - a for a, b in zip(rows["direct"], rows["front"], strict=True)]
        print(
            f"{field:9} direct {told(rows['direct'])}  front {told(rows['front'])}"
            f"  added {told(added)}"
        )
    server.should_exit = True
    thread.join(10)
    asyncio.run(_processor(backend, options.rounds))


async def _processor(backend: Any, rounds: int) -> None:
    guard, _ = create_app(backend, Keys())
    one = await processor_ms(guard, 1, rounds)
    many = await processor_ms(guard, NUM_TOKENS, rounds)
    each = (many - one) / (NUM_TOKENS - 1)
    print(f"processor time of the front: {one:.2f} ms a request, {each:.3f} ms a token")
    await backend.close()


if __name__ == "__main__":
    main()
