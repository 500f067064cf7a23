"""kill -9 of the server, again and again, under eight writers: no acknowledged vote is lost or
doubled.

The default is 12 kills; `pytest -m slow` runs 200; WHET_SOAK=1000 as many as it says.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import random
import re
import socket
import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from review_server import serve
from tests_reviewing import Client, make_frozen, open_review

from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import ReviewFolder
from whet.reviewing.store import read_history

WRITERS = 8
PRELOAD = [
    "whet.reviewing.comparing.desk", "whet.reviewing.comparing.routes",
    "whet.reviewing.server.serving", "whet.reviewing.store.sqlite", "uvicorn",
    "uvicorn.protocols.http.h11_impl", "uvicorn.loops.asyncio",
]  # fmt: skip


class Writer(threading.Thread):
    """One rater who votes as fast as answers come, and sends again what was not acknowledged."""

    def __init__(self, port: int, cookie: str, csrf: str, keys: list[str], draws: Draws) -> None:
        super().__init__(daemon=True)
        self.port, self.csrf, self.keys, self.draws = port, csrf, keys, draws
        self.headers = {
            "cookie": cookie, "accept": "application/json", "x-csrf-token": csrf,
            "content-type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        self.acknowledged: dict[tuple[str, int], str] = {}
        self.seconds: list[float] = []
        self.retries, self.stop, self.fault = 0, threading.Event(), ""

    def run(self) -> None:
        drawn = random.Random(self.csrf)
        versions: Counter[str] = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        while not self.stop.is_set():
            key = drawn.choice(self.keys)
            version = versions[key] + 1
            choice = drawn.choice(["left_much", "tie", "right_slightly", "both_bad"])
            body = {
                "choice": choice, "version": version, "reason": f"{key} {version}",
                "vote_id": self.draws.name("vote", key, str(version)),
            }  # fmt: skip
            while True:
                try:
                    started = time.perf_counter()
                    connection.request("POST", f"/c/{key}", urlencode(body), self.headers)
                    answer = connection.getresponse()
                    text = answer.read()
                except (OSError, http.client.HTTPException):
                    connection.close()
                    self.retries += 1
                    time.sleep(0.05)
                    if self.stop.is_set():
                        return
                    continue
                if answer.status != 200:
                    self.fault = f"{answer.status} {text[:200]!r}"
                    connection.close()
                    return
                break
            assert json.loads(text)["saved"]
            self.seconds.append(time.perf_counter() - started)
            self.acknowledged[key, version] = choice
            versions[key] += 1
        connection.close()


def kill_again_and_again(folder: Path, kills: int, undisturbed_s: float = 0.2) -> dict[str, Any]:
    """Kills the server so often, then leaves it in peace for a while; what was counted."""
    review = open_review(folder, make_frozen(40, raters=WRITERS, votes_per_item=WRITERS))
    review.desk.history.close()
    draws = review.desk.draws
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    port = _free_port()
    start = lambda: _started(context, str(review.folder.path), port)  # noqa: E731
    server = start()
    writers = []
    for number in range(1, WRITERS + 1):
        client = Client(port)
        client.enter(review.tokens[f"rater-{number}"])
        csrf = re.search(r'name="csrf" content="(\w+)"', client.get("/start").text)
        assert csrf and client.cookie
        keys = [one.key for one in draws.queue(f"rater-{number}", review.desk.raters)]
        writers.append(Writer(port, client.cookie, csrf[1], keys, draws))
    for writer in writers:
        writer.start()
    drawn = random.Random(0)
    for _ in range(kills):
        _wait_for(writers, drawn.randint(1, 16))
        time.sleep(drawn.uniform(0.0, 0.02))
        os.kill(server.pid, 9)
        server.join()
        server = start()
    before = [len(writer.seconds) for writer in writers]
    time.sleep(undisturbed_s)
    for writer in writers:
        writer.stop.set()
    for writer in writers:
        writer.join()
    os.kill(server.pid, 9)
    server.join()
    undisturbed = [
        s for one, start in zip(writers, before, strict=True) for s in one.seconds[start:]
    ]
    return {
        **_account(review.folder, review.frozen.digest, writers),
        "ms": _percentiles([value for one in writers for value in one.seconds]),
        "undisturbed_ms": _percentiles(undisturbed),
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    held = sorted(seconds)
    return {f"p{p}": round(1000 * held[len(held) * p // 100], 1) for p in (50, 99) if held}


def _wait_for(writers: list[Writer], votes: int) -> None:
    """Until so many votes more are acknowledged, but no longer than two seconds."""
    before, ends = sum(len(one.acknowledged) for one in writers), time.monotonic() + 2
    while sum(len(one.acknowledged) for one in writers) < before + votes:
        if time.monotonic() > ends:
            return
        time.sleep(0.002)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _started(context: Any, folder: str, port: int) -> Any:
    server = context.Process(target=serve, args=(folder, port), daemon=True)
    server.start()
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return server
        except OSError:
            assert server.is_alive() or server.exitcode is None, "the server did not come up"
            time.sleep(0.005)
    raise AssertionError("the server did not come up")


def _account(folder: ReviewFolder, digest: str, writers: list[Writer]) -> dict[str, Any]:
    assert [writer.fault for writer in writers if writer.fault] == []
    history = read_history(folder.path, digest)
    events = history.events()
    history.close()
    rows = Counter((event.assignment, event.version) for event in events)
    kept = {(event.assignment, event.version): event.body["choice"] for event in events}
    acknowledged = {key: value for one in writers for key, value in one.acknowledged.items()}
    connection = sqlite3.connect(folder.path / "votes.sqlite")
    check = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return {
        "acknowledged": len(acknowledged),
        "lost": sum(kept.get(key) != value for key, value in acknowledged.items()),
        "doubled": sum(count > 1 for count in rows.values()),
        "unknown": len(kept.keys() - acknowledged.keys()),
        "retries": sum(one.retries for one in writers),
        "integrity": check,
    }


def _hold(found: dict[str, Any], kills: int) -> None:
    sys.stderr.write(f"\n{kills} kills: {found}\n")
    assert found["lost"] == 0 and found["doubled"] == 0
    assert found["integrity"] == [("ok",)]
    assert found["acknowledged"] > kills
    # A vote whose acknowledgement the kill swallowed may be there, one for each writer at the end.
    assert found["unknown"] <= WRITERS


def test_a_dozen_kills_lose_and_double_no_acknowledged_vote(tmp_path: Path, loopback: None) -> None:
    _hold(kill_again_and_again(tmp_path, 12), 12)


@pytest.mark.slow
def test_hundreds_of_kills_lose_and_double_no_acknowledged_vote(
    tmp_path: Path, loopback: None
) -> None:
    kills = int(os.environ.get("WHET_SOAK", "200"))
    _hold(kill_again_and_again(tmp_path, kills, undisturbed_s=8), kills)
