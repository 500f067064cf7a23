"""The history of a review: who may vote, and every vote, edit and undo, in order, for good.

Rows are only ever added. A vote that is changed or undone is a new row with the next version of
its assignment; what counts is the latest version, as of any moment. The name of a version is
fixed before it is sent, so a double click, a retry or a second tab is the same row, not another.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whet.reviewing.store.database import Database, Row, Transaction

VOTE, UNDO = "vote", "undo"


class Conflict(Exception):
    """The assignment has another version meanwhile. Nothing was written."""


class Receipt(StrEnum):
    """What became of something sent: written now, or there already, the very same."""

    WRITTEN = "written"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Event:
    """One row: a vote or an undo on an assignment."""

    seq: int
    id: str
    assignment: str
    version: int
    rater: str
    kind: str
    body: Mapping[str, Any]
    seconds: float | None
    at: float


@dataclass(frozen=True, slots=True)
class RaterEvent:
    """A rater joined, got a new link, or was removed."""

    rater: str
    role: str
    event: str
    digest: str
    at: float


AFTER = """
SELECT seq, id, assignment, version, rater, kind, body, seconds, at FROM votes
WHERE review = :review AND seq > :after ORDER BY seq"""
OF_ASSIGNMENT = """
SELECT seq, id, assignment, version, rater, kind, body, seconds, at FROM votes
WHERE review = :review AND assignment = :assignment ORDER BY version"""
INSERT = """
INSERT INTO votes (seq, id, review, assignment, version, rater, kind, body, seconds, at)
SELECT COALESCE(MAX(seq), 0) + 1, :id, :review, :assignment, :version, :rater, :kind, :body,
  :seconds, :at FROM votes"""
RATERS = "SELECT rater, role, event, digest, at FROM raters WHERE review = :review ORDER BY seq"
ADD_RATER = """
INSERT INTO raters (seq, review, rater, role, event, digest, at)
SELECT COALESCE(MAX(seq), 0) + 1, :review, :rater, :role, :event, :digest, :at FROM raters"""


class History:
    """The rows of one review, named by the digest of what was frozen."""

    def __init__(
        self, database: Database, review: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._review, self._clock = database, review, clock

    def add(
        self,
        *,
        id: str,
        assignment: str,
        version: int,
        rater: str,
        kind: str,
        body: Mapping[str, Any],
        seconds: float | None,
    ) -> Receipt:
        """Writes a version of an assignment; it is on disk when this returns.

        Raises:
            Conflict: that version is there with another content, or is not the next one.
            StoreBusyError: it could not be written.
        """
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, allow_nan=False)
        with self._database.write() as work:
            found = self._events(work, OF_ASSIGNMENT, assignment=assignment)
            same = [event for event in found if event.version == version]
            if same:
                if (same[0].id, same[0].kind, same[0].body) == (id, kind, json.loads(text)):
                    return Receipt.REPEATED
                raise Conflict
            if version != len(found) + 1:
                raise Conflict
            values = {
                "id": id, "assignment": assignment, "version": version, "rater": rater,
                "kind": kind, "body": text, "seconds": seconds, "at": self._clock(),
                "review": self._review,
            }  # fmt: skip
            work.run(INSERT, values)
        return Receipt.WRITTEN

    def events(self, after: int = 0) -> list[Event]:
        """All rows in order, or those that came after one, by its `seq`."""
        with self._database.read() as work:
            return self._events(work, AFTER, after=after)

    def of(self, assignment: str) -> list[Event]:
        """The versions of one assignment, oldest first."""
        with self._database.read() as work:
            return self._events(work, OF_ASSIGNMENT, assignment=assignment)

    def raters(self) -> list[RaterEvent]:
        """What happened to raters, in order."""
        with self._database.read() as work:
            return [RaterEvent(*row) for row in work.run(RATERS, {"review": self._review})]

    def add_rater_events(self, events: Sequence[tuple[str, str, str, str]]) -> None:
        """Writes (rater, role, event, digest of the link) rows, all or none."""
        with self._database.write() as work:
            for rater, role, event, digest in events:
                work.run(
                    ADD_RATER,
                    {
                        "review": self._review, "rater": rater, "role": role, "event": event,
                        "digest": digest, "at": self._clock(),
                    },
                )  # fmt: skip

    def backup(self, label: str) -> str:
        """Keeps a copy; says where."""
        return self._database.backup(label)

    def close(self) -> None:
        """Ends the connection."""
        self._database.close()

    def _events(self, work: Transaction, sql: str, **values: str | int) -> list[Event]:
        return [_event(row) for row in work.run(sql, {"review": self._review, **values})]


def _event(row: Row) -> Event:
    seq, id, assignment, version, rater, kind, body, seconds, at = row
    return Event(seq, id, assignment, version, rater, kind, json.loads(body), seconds, at)


class Standing:
    """What counts now, in memory: each look reads only the rows that came since the last one.

    Rows are only added and their numbers only grow, so this holds after a crash, and where another
    process writes too.
    """

    def __init__(self, history: History) -> None:
        self._history, self._lock = history, threading.Lock()
        self._seen = 0
        self._votes: dict[str, dict[str, Event]] = {}

    def votes(self, rater: str) -> dict[str, Event]:
        """The votes of one rater that count, by assignment."""
        with self._lock:
            self._catch_up()
            return dict(self._votes.get(rater, {}))

    def all(self) -> dict[str, Event]:
        """The votes of everybody that count, by assignment."""
        with self._lock:
            self._catch_up()
            return {key: event for own in self._votes.values() for key, event in own.items()}

    def _catch_up(self) -> None:
        for event in self._history.events(self._seen):
            own = self._votes.setdefault(event.rater, {})
            if event.kind == VOTE:
                own[event.assignment] = event
            else:
                own.pop(event.assignment, None)
            self._seen = event.seq


def latest(events: Sequence[Event], until: float | None = None) -> dict[str, Event]:
    """The version of each assignment that counts, as of now or of a moment; undone ones are out."""
    found: dict[str, Event] = {}
    for event in events:
        if until is None or event.at <= until:
            found[event.assignment] = event
    return {key: event for key, event in found.items() if event.kind == VOTE}
