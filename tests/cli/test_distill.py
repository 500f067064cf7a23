"""`whet distill` as a user meets it: exit status, kill, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx2")

Ask = Callable[[], list[str]]


@pytest.fixture
def endpoint(loopback: None) -> Iterator[tuple[str, list[str]]]:
    """An endpoint that takes a moment for each answer, and the questions it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body["messages"][-1]["content"])
            time.sleep(0.05)
            message = {"message": {"content": "fine"}, "finish_reason": "stop"}
            data = json.dumps({"choices": [message]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None: ...

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    thread.join()
    server.server_close()


def begin(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "whet", "distill", *arguments],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(folder: Path, url: str) -> list[str]:
    lines = "".join(f"question {n}\n" for n in range(60))
    (folder / "p.txt").write_text(lines, encoding="utf-8")
    return ["p.txt", "--out", "out", "--endpoint", url, "--model", "m", "--concurrency", "2"]


def wait_for(journal: Path, num_lines: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= num_lines):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no answers came"
        time.sleep(0.01)


def test_a_killed_distillation_goes_on_and_asks_nothing_twice_that_it_has(
    tmp_path: Path, endpoint: tuple[str, list[str]]
) -> None:
    url, asked = endpoint
    arguments = command(tmp_path, url)
    process = begin(tmp_path, *arguments)
    journal = tmp_path / "out" / "record" / "journal.jsonl"
    wait_for(journal, 5, process)
    process.kill()
    process.communicate()
    answered = journal.read_bytes().count(b"\n")
    time.sleep(0.2)
    asked.clear()
    second = begin(tmp_path, *arguments, "--json")
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    result = json.loads(out)
    assert result["schema_version"] == 1
    assert (result["kept"], result["open"], result["wanted"]) == (60, 0, 60)
    assert len(asked) == 60 - answered


def test_ctrl_c_says_so_and_leaves_a_data_set(
    tmp_path: Path, endpoint: tuple[str, list[str]]
) -> None:
    url, _ = endpoint
    process = begin(tmp_path, *command(tmp_path, url))
    wait_for(tmp_path / "out" / "record" / "journal.jsonl", 3, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped as asked" in err and "Traceback" not in err
    kept = (tmp_path / "out" / "data.jsonl").read_text(encoding="utf-8").splitlines()
    assert 3 <= len(kept) < 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["p.txt", "--out", "out"], "name the teacher with --model"),
        (["p.txt", "--out", "out", "--model", "m", "--price", "x"], "expected two numbers"),
        (["p.txt", "--out", "out", "--from-logs"], "say who agreed"),
        (["p.txt", "--out", "out", "--from-logs", "--model", "m"], "asks no teacher"),
        (["p.txt", "--out", "out", "--model", "no/such/model"], "there is no model"),
        (["absent.txt", "--out", "out", "--model", "m"], "no such file"),
    ],
)
def test_a_mistake_is_one_message_and_status_2(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "p.txt").write_text("hello\n")
    process = begin(tmp_path, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2 and out == ""
    assert said in err and "Traceback" not in err
