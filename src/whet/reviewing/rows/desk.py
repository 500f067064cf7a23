"""The rows at work: who has decided what, which row comes next, what becomes of what is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.data.suspicion import Sign, Suspect
from whet.reviewing.comparing.people import Person, people
from whet.reviewing.rows.decisions import (
    ADJUDICATOR,
    Choice,
    Decision,
    assignment,
    decision_of,
    settled,
)
from whet.reviewing.rows.fixing import fixed
from whet.reviewing.rows.words import SIGN_OF
from whet.reviewing.server.raters import Rater
from whet.reviewing.store import Event, History, Receipt
from whet.reviewing.store.history import UNDO, VOTE

HELD_S = 180
"""So long a row that one rater has open is not offered to another."""
DISPUTED = "disputed"


class Unknown(Exception):
    """There is no such row."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row with its name, its place in the ranking, and the names of rows that are like it."""

    key: str
    number: int
    suspect: Suspect
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """`mine` and `all` of `total` rows are decided; `disputed` are decided in several ways."""

    mine: int
    all: int
    disputed: int
    total: int


@dataclass(slots=True)
class _State:
    """What the history holds, kept up to date by the only process that writes it."""

    versions: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, Decision]] = field(default_factory=dict)
    order: dict[str, dict[str, Event]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        self.versions[event.assignment] = event.version
        row = event.assignment.rpartition("/")[0]
        said = self.counts.setdefault(row, {})
        done = self.order.setdefault(event.rater, {})
        done.pop(event.assignment, None)
        if event.kind == VOTE:
            said[event.rater] = decision_of(event)
            done[event.assignment] = event
        else:
            said.pop(event.rater, None)


class Desk:
    """The review behind the pages, and the roll of the server."""

    def __init__(
        self,
        suspects: Sequence[Suspect],
        keys: Sequence[str],
        history: History,
        alike: Mapping[str, Sequence[str]] | None = None,
        each: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.items = [
            Item(key, number, suspect, tuple((alike or {}).get(key, ())))
            for number, (key, suspect) in enumerate(zip(keys, suspects, strict=True), 1)
        ]
        self.by_source = {item.suspect.row.source: item.key for item in self.items}
        self._by_key = {item.key: item for item in self.items}
        self._history, self._each, self._clock = history, each, clock
        self._people: dict[str, Person] = people(history.raters())
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, float]] = {}
        self._state = _State()
        for event in history.events():
            self._state.take(event)

    def by_token(self, digest: str) -> Rater | None:
        """The rater of a link."""
        found = [p.rater for p in self._people.values() if p.digest == digest]
        return found[0] if found else None

    def by_id(self, rater: str) -> Rater | None:
        """The rater of a session, if still there."""
        person = self._people.get(rater)
        return person.rater if person and person.digest else None

    def item(self, key: str) -> Item:
        """A row by its name.

        Raises:
            Unknown: there is none.
        """
        if key not in self._by_key:
            raise Unknown
        return self._by_key[key]

    def said(self, key: str) -> list[Decision]:
        """What counts of all raters on a row."""
        return sorted(self._state.counts.get(key, {}).values(), key=lambda one: one.rater)

    def mine(self, key: str, rater: str) -> Decision | None:
        """What counts of one rater on a row."""
        return self._state.counts.get(key, {}).get(rater)

    def version(self, key: str, rater: str) -> int:
        """The version that a rater's next decision on a row would have."""
        return self._state.versions.get(assignment(key, rater), 0) + 1

    def is_disputed(self, key: str) -> bool:
        """Whether raters have decided on a row in several ways."""
        said = self.said(key)
        return len(said) > 1 and settled(said) is None

    def matching(self, kind: str) -> list[Item]:
        """The rows of a filter, worst first: all (``), a sign, or `disputed`."""
        if kind == DISPUTED:
            return [item for item in self.items if self.is_disputed(item.key)]
        if not kind:
            return self.items
        return [item for item in self.items if SIGN_OF[kind] in item.suspect.signs]

    def next_open(self, rater: str, kind: str = "", after: str = "") -> str | None:
        """The name of the worst row open to a rater, from a place on and then from the start.

        Open is a row that the rater has not decided, that fewer raters than are wanted have, and
        that nobody else has before them; to the adjudicator, a row that raters disagree about.
        """
        kind = DISPUTED if rater == ADJUDICATOR else kind
        found = [item.key for item in self.matching(kind)]
        start = found.index(after) + 1 if after in found else 0
        if kind == DISPUTED:
            return next(iter([*found[start:], *found[:start]]), None)
        with self._lock:
            for key in [*found[start:], *found[:start]]:
                said = self._state.counts.get(key, {})
                if rater in said or len(said) >= self._each or self._is_held(key, rater):
                    continue
                self._held[key] = (rater, self._clock())
                return key
        return None

    def _is_held(self, key: str, rater: str) -> bool:
        who, since = self._held.get(key, (rater, 0.0))
        return who != rater and self._each == 1 and self._clock() - since < HELD_S

    def progress(self, rater: str, kind: str = "") -> Progress:
        """How far the rows of a filter are."""
        keys = [item.key for item in self.matching(kind)]
        said = [self._state.counts.get(key, {}) for key in keys]
        return Progress(
            sum(rater in one for one in said),
            sum(bool(one) for one in said),
            sum(self.is_disputed(key) for key in keys),
            len(keys),
        )

    def counts(self) -> dict[str, int]:
        """The number of rows of each filter that has any."""
        found = {sign.value: len(self.matching(sign.value)) for sign in Sign}
        found[DISPUTED] = len(self.matching(DISPUTED))
        return {name: number for name, number in found.items() if number}

    def decide(
        self, rater: str, key: str, version: int, choice: Choice, texts: Mapping[int, str], why: str
    ) -> Receipt:
        """Keeps a decision; it is on disk when this returns.

        Raises:
            Unknown: there is no such row.
            UnfitRow: a fix that makes no row.
            Conflict: the rater has decided on the row meanwhile.
            StoreBusyError: it could not be written.
        """
        item = self.item(key)
        body: dict[str, Any] = {"choice": choice.value, "source": item.suspect.row.source}
        body["signs"] = sorted(sign.value for sign in item.suspect.signs)
        body |= {"why": why} if why else {}
        if choice is Choice.FIX:
            fixed(item.suspect.row, texts)
            body["texts"] = {str(turn): text for turn, text in sorted(texts.items())}
        return self._add(key, rater, version, VOTE, body)

    def last(self, rater: str) -> Event | None:
        """The last decision of a rater that counts."""
        done = self._state.order.get(rater, {})
        return next(reversed(done.values()), None)

    def undo(self, rater: str, key: str, undone: int) -> Receipt:
        """Takes a decision back; the row is open again.

        Raises:
            Unknown: there is no such row.
            Conflict: it is not the last version any more.
        """
        self.item(key)
        return self._add(key, rater, undone + 1, UNDO, {})

    def _add(
        self, key: str, rater: str, version: int, kind: str, body: Mapping[str, Any]
    ) -> Receipt:
        name = assignment(key, rater)
        with self._lock:
            receipt = self._history.add(
                id=f"{name}#{version}", assignment=name, version=version, rater=rater, kind=kind,
                body=body, seconds=None,
            )  # fmt: skip
            if receipt is Receipt.WRITTEN:
                self._state.take(self._history.of(name)[-1])
        return receipt
