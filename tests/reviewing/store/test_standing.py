"""What counts now, without reading every version of every vote at each click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from whet.reviewing.store import History, open_history
from whet.reviewing.store.history import UNDO, VOTE, Standing, latest


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    found = open_history(tmp_path, "r")
    yield found
    found.close()


def add(history: History, key: str, version: int, kind: str = VOTE, rater: str = "a") -> None:
    history.add(
        id=f"{key}-{version}", assignment=key, version=version, rater=rater, kind=kind,
        body={"choice": "tie"}, seconds=None,
    )  # fmt: skip


def test_it_is_what_the_whole_history_says(history: History) -> None:
    standing = Standing(history)
    for key, version, kind in [
        ("x", 1, VOTE), ("y", 1, VOTE), ("x", 2, UNDO), ("y", 2, VOTE), ("x", 3, VOTE),
        ("z", 1, VOTE), ("z", 2, UNDO),
    ]:  # fmt: skip
        add(history, key, version, kind)
        assert standing.all() == latest(history.events())
    add(history, "w", 1, rater="b")
    assert standing.votes("b").keys() == {"w"} and standing.votes("a").keys() == {"x", "y"}
    assert Standing(history).all() == standing.all()  # as after a crash


def test_each_look_reads_only_what_is_new(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(1, 31):
        add(history, "x", version)
    standing, read = Standing(history), []
    events = history.events

    def counted(after: int = 0) -> object:
        found = events(after)
        read.append(len(found))
        return found

    monkeypatch.setattr(history, "events", counted)
    standing.votes("a")
    standing.votes("a")
    add(history, "x", 31)
    standing.votes("a")
    assert read == [30, 0, 1]
