"""A small review, and a server for it on a real port."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import pytest

from whet.reviewing.comparing.desk import Desk
from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import Frozen, Item, Pair, ReviewFolder
from whet.reviewing.comparing.people import invite
from whet.reviewing.store import open_history


def make_frozen(items: int = 12, **changes: Any) -> Frozen:
    """A review of two arms whose answers differ in nothing but a word."""
    rows = tuple(
        Item(
            f"item-{n:03d}",
            (("user", f"Question {n}?"),),
            f"gold {n}",
            {"tuned": f"Answer {n} alpha.", "prompt": f"Answer {n} omega."},
        )
        for n in range(items)
    )
    plain = Frozen(
        "001", "2026-11-22T00:00:00Z", "test", (Pair("tuned", "prompt"),), rows, items, 2, 2, 0.0
    )
    return replace(plain, **changes)


@dataclass
class Opened:
    """A review that is open, with the tokens of its links."""

    folder: ReviewFolder
    frozen: Frozen
    desk: Desk
    tokens: dict[str, str]
    port: int = 0
    opened: list[Any] = field(default_factory=list)

    def choice_for(self, key: str, arm: str, much: bool = True) -> str:
        """The choice that prefers an arm on an assignment."""
        side = "left" if self.desk._owners[key].left == arm else "right"
        return f"{side}_{'much' if much else 'slightly'}"


def open_review(folder: Path, frozen: Frozen) -> Opened:
    """Frozen, with its raters invited; its keys are fixed, so that no test hangs on a draw."""
    with patch("whet.reviewing.comparing.frozen.secrets.token_hex", lambda size: "5e" * size):
        found = ReviewFolder.create(folder, frozen)
    history = open_history(found.path, frozen.digest)
    tokens = invite(history, frozen.raters)
    desk = Desk(frozen, Draws(found.secret().seed, frozen), history)
    return Opened(found, frozen, desk, tokens)


MakeReview = Callable[..., Opened]


@pytest.fixture
def make_review(tmp_path: Path) -> Iterator[MakeReview]:
    """A function that opens a review; it is closed after the test."""
    made: list[Opened] = []

    def make(frozen: Frozen | None = None, **changes: Any) -> Opened:
        frozen = frozen or make_frozen(**changes)
        made.append(open_review(tmp_path / f"run-{len(made)}", frozen))
        return made[-1]

    yield make
    for one in made:
        one.desk.history.close()


@contextmanager
def serving(review: Opened, **settings: Any) -> Iterator[Opened]:
    """The review on a free port of this machine, by uvicorn in a thread."""
    import uvicorn

    from whet.reviewing.comparing.routes import comparison_pages
    from whet.reviewing.server.app import create_app
    from whet.reviewing.server.settings import Settings
    from whet.web.address import listen

    app = create_app(
        comparison_pages(review.desk),
        review.desk,
        Settings(review.folder.secret().sessions, "/start", **settings),
    )
    sock = listen("127.0.0.1", 0)
    review.port = sock.getsockname()[1]
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, server_header=False, date_header=False,
        ws="none", lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield review
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        sock.close()


@pytest.fixture
def served(make_review: MakeReview, loopback: None) -> Iterator[Callable[..., Opened]]:
    """A function that opens and serves a review."""
    contexts: list[Any] = []

    def serve(settings: dict[str, Any] | None = None, **changes: Any) -> Opened:
        context = serving(make_review(**changes), **(settings or {}))
        contexts.append(context)
        return context.__enter__()

    yield serve
    for context in contexts:
        context.__exit__(None, None, None)


@dataclass
class Page:
    """An answer of the server."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return found[1]


class Client:
    """A rater's browser without a browser: one cookie, no redirections."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, None

    def get(self, path: str, **headers: str) -> Page:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, sent: dict[str, Any] | str, **headers: str) -> Page:
        body = sent if isinstance(sent, str) else urlencode(sent, doseq=True)
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: str | None, **headers: str) -> Page:
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        if self.cookie and "cookie" not in told:
            told["cookie"] = self.cookie
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            started = time.perf_counter()
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            page = Page(answer.status, answer.getheaders(), answer.read())
            page.seconds = time.perf_counter() - started
        cookie = page.header("set-cookie")
        if cookie:
            self.cookie = cookie.partition(";")[0]
        return page

    def enter(self, token: str) -> Page:
        return self.get(f"/enter/{token}")

    def next(self) -> str:
        """The path of the next open comparison."""
        return str(self.get("/work").header("location"))

    def vote(self, path: str, choice: str, **more: Any) -> Page:
        """Opens a comparison and votes on it."""
        return self.post(path, self.form(path) | {"choice": choice, **more})

    def form(self, path: str) -> dict[str, Any]:
        """The hidden fields of a comparison."""
        page = self.get(path)
        assert page.status == 200, page.text
        return {name: page.field(name) for name in ("csrf", "version", "vote_id")}


@pytest.fixture
def rater(served: Callable[..., Opened]) -> tuple[Opened, Client]:
    """A served review and its first rater, who has come in."""
    review = served()
    client = Client(review.port)
    client.enter(review.tokens["rater-1"])
    return review, client


def path_of(url: str) -> str:
    """The path of an address."""
    return urlsplit(url).path


def said(page: Page) -> Any:
    """The JSON of an answer."""
    return json.loads(page.text)
