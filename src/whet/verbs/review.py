"""`whet review`: people compare the answers of two arms, blind, in a web page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import ConfigError
from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import Frozen, ReviewFolder
from whet.reviewing.comparing.people import invite
from whet.reviewing.server.serving import require_server
from whet.reviewing.server.settings import reachable
from whet.reviewing.store import History, open_history
from whet.rundir import RunDir
from whet.stages.people.freezing import freeze_review
from whet.web.keys import REVIEW_KEY

if TYPE_CHECKING:
    import socket

    from whet.reviewing.server.settings import Settings

HOME = "/start"


@dataclass(frozen=True, slots=True)
class ReviewSession:
    """A review that is ready to be served.

    `links` are new ones, by rater: they are shown now and kept nowhere. `known` raters have theirs.
    """

    review: Path
    digest: str
    arms: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    items: int
    masked: int
    identical: int
    links: dict[str, str]
    known: tuple[str, ...]
    url: str
    _frozen: Frozen
    _draws: Draws
    _history: History
    _settings: Settings
    _socket: socket.socket

    def serve(self) -> None:
        """Answers raters until it is interrupted."""
        from whet.reviewing.comparing.desk import Desk
        from whet.reviewing.comparing.routes import comparison_pages
        from whet.reviewing.server.app import create_app
        from whet.reviewing.server.serving import serve

        try:
            desk = Desk(self._frozen, self._draws, self._history)
            app = create_app(comparison_pages(desk), desk, self._settings)
            serve(app, self._socket, self._settings.limits)
        finally:
            self.close()

    def close(self) -> None:
        """Lets go of the votes and the port."""
        self._history.close()
        self._socket.close()


def review(
    run: str | Path,
    *,
    arms: Sequence[str] = (),
    raters: int | None = None,
    items: int | Sequence[str] | None = None,
    split: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8700,
    url: str | None = None,
    new: bool = False,
) -> ReviewSession:
    """A review of a run's answers: frozen now, or the one of these arms that is there.

    Args:
        run: a finished run.
        arms: compared in pairs; each candidate with each baseline by default.
        raters: how many people get a link; `review.raters` by default.
        items: how many items are drawn, `review.items` by default; or the ids of those to show.
        split: `test` or `validation`; the judged split by default.
        host: address to listen on; all but loopback needs a key in WHET_REVIEW_KEY.
        port: 0 takes a free one.
        url: under which raters come, where that is another one.
        new: freeze another review even where there is one of these arms.

    Raises:
        MissingExtraError: FastAPI or uvicorn is not installed.
        ConfigError: no such arm, no key, no such port.
        RunError: the run has no answers, or another server has the votes open.
    """
    require_server()
    folder = RunDir(Path(run))
    found = None if new else find_review(folder, arms, split)
    number, ids = (items, ()) if isinstance(items, int | None) else (None, tuple(items))
    settings_of_old = {"raters": raters, "items": number} if found else {}
    if found is None:
        found = freeze_review(folder, arms=arms, split=split, ids=ids, raters=raters, items=number)
    frozen = found.frozen()
    _check_unchanged(frozen, settings_of_old)
    if ids and set(ids) != {item.id for item in frozen.items}:
        raise ConfigError(
            f"--items: {found.path} was frozen with other items. Freeze another review: --new."
        )
    settings = reachable(
        found.secret().sessions, HOME, host=host, url=url, key=os.environ.get(REVIEW_KEY)
    )
    from whet.web.address import listen

    listening = listen(host, port)
    try:
        history = open_history(found.path, frozen.digest)
    except BaseException:
        listening.close()
        raise
    return _session(found, frozen, history, settings, listening, host, url)


def _session(
    found: ReviewFolder,
    frozen: Frozen,
    history: History,
    settings: Settings,
    listening: socket.socket,
    host: str,
    url: str | None,
) -> ReviewSession:
    shown = f"[{host}]" if ":" in host else host
    base = (url or f"http://{shown}:{listening.getsockname()[1]}").rstrip("/")
    before = tuple(dict.fromkeys(event.rater for event in history.raters()))
    tokens = invite(history, frozen.raters)
    return ReviewSession(
        found.path,
        frozen.digest,
        frozen.arms,
        tuple((pair.a, pair.b) for pair in frozen.pairs),
        len(frozen.items),
        sum(len(item.raw) for item in frozen.items),
        sum(item.answers[p.a] == item.answers[p.b] for item in frozen.items for p in frozen.pairs),
        {name: f"{base}/enter/{token}" for name, token in tokens.items()},
        tuple(name for name in before if name not in tokens and name != "*"),
        base,
        frozen,
        Draws(found.secret().seed, frozen),
        history,
        settings,
        listening,
    )


def find_review(
    run: RunDir, arms: Sequence[str] = (), split: str | None = None
) -> ReviewFolder | None:
    """The newest review of these arms and this split; of any where none is named."""
    for folder in reversed(ReviewFolder.all_of(run.path)):
        frozen = folder.frozen()
        if (not arms or set(arms) == set(frozen.arms)) and split in (None, frozen.split):
            return folder
    return None


def _check_unchanged(frozen: Frozen, asked: dict[str, int | None]) -> None:
    """Refuses other counts than were frozen."""
    there = {"raters": frozen.raters, "items": min(frozen.num_judged, len(frozen.items))}
    for name, value in asked.items():
        if value is not None and value != there[name]:
            raise ConfigError(
                f"--{name} {value}: this review was frozen with {there[name]}. Go on without"
                f" --{name}, or freeze another review: --new."
            )
