"""A review of rows in a process of its own, and a rater who asks by HTTP."""

from __future__ import annotations

import http.cookiejar
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whet.verbs.review_data import open_rows, prepare_rows

HOSTILE_QUESTION = "<script>document.title='owned'</script> <b>bold</b> \u202ereversed"
HOSTILE_ANSWER = "<img src=x onerror=\"document.title='owned'\"></textarea><b>idiot!"


class Server:
    """`links` are those that this start has shown."""

    def __init__(self, folder: Path, raters: int) -> None:
        pytest.importorskip("fastapi")
        pytest.importorskip("uvicorn")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "whet", "review", "--data", "train.jsonl", "--port", "0",
                "--raters", str(raters), "--fast",
            ],
            cwd=folder, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said += line
            if "Serving" in line:
                break
        self.links = dict(re.findall(r"(rater-\d+): (http\S+)", said))
        found = re.search(r"Serving (http\S+?)\. Ctrl-C", said)
        assert found, said
        self.base = found.group(1)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Person:
    """A rater without a browser."""

    def __init__(self) -> None:
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, url: str) -> tuple[int, str, str]:
        """(status, where it ended, the page)."""
        return self._ask(urllib.request.Request(url))

    def post(self, url: str, **fields: str | int) -> tuple[int, str, str]:
        """A form, sent as the script sends it."""
        data = urllib.parse.urlencode(fields).encode()
        return self._ask(
            urllib.request.Request(url, data, {"accept": "application/json", "origin": origin(url)})
        )

    def _ask(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            with self._opener.open(request, timeout=20) as answer:
                return answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.url, error.read().decode()


def origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


TOPICS = ("lamp", "kettle", "chair", "table", "window", "carpet", "mirror", "pillow", "drawer")


def rows_of(number: int) -> list[dict[str, str]]:
    """Plain rows with a few bad ones among them; the hostile one is the fourth."""
    rows = []
    for n in range(number):
        topic = TOPICS[n % len(TOPICS)]
        question = f"How do I clean the {topic} of model {n}?"
        rows.append({"question": question, "answer": f"Wipe the {topic} {n} with a damp cloth."})
    rows[1]["answer"] = "Shut up, you idiot, and google it yourself."
    rows[2]["answer"] = "I'm sorry, but I can't help with that."
    rows[3] = {"question": HOSTILE_QUESTION, "answer": HOSTILE_ANSWER}
    rows[5]["answer"] = "Wipe the heater with a damp cloth, then take the"
    rows[8] = dict(rows[7])
    return rows


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows_of(40))
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


class Inside:
    """The same server in a thread of this process: it starts faster, and cannot be killed."""

    def __init__(self, folder: Path, raters: int) -> None:
        pytest.importorskip("fastapi")
        uvicorn = pytest.importorskip("uvicorn")
        rows = prepare_rows(["train.jsonl"], root=folder, by_meaning=False)
        self.review = open_rows(rows, raters=raters, port=0)
        self.base, self.links = self.review.base, self.review.links
        config = uvicorn.Config(
            self.review._app, log_level="warning", access_log=False, lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self.review._sock]}
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
        self.review._history.close()


@pytest.fixture
def opened(loopback: None) -> Iterator[Callable[..., Inside]]:
    started: list[Inside] = []

    def start(folder: Path, raters: int = 1) -> Inside:
        started.append(Inside(folder, raters))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def serve(loopback: None) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(folder: Path, raters: int = 1) -> Server:
        started.append(Server(folder, raters))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture
def people() -> Callable[[], Person]:
    """Somebody new at each call."""
    return Person


@pytest.fixture
def person() -> Person:
    return Person()
