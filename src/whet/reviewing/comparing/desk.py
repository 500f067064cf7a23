"""One review at work: who is who, what each has to judge, and what happens to what they send."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from whet.reviewing.comparing.ballots import Ballot, ballot_of, body_of
from whet.reviewing.comparing.draws import Assignment, Draws
from whet.reviewing.comparing.frozen import Frozen
from whet.reviewing.comparing.open_cases import open_cases
from whet.reviewing.comparing.people import closed_at, people
from whet.reviewing.server.raters import Rater, Role
from whet.reviewing.store import Event, History, Receipt
from whet.reviewing.store.history import UNDO, VOTE, Standing


class Closed(Exception):
    """The review takes no more votes."""


class NotYours(Exception):
    """The assignment is another rater's."""


class Unknown(Exception):
    """There is no such assignment."""


@dataclass(frozen=True, slots=True)
class Place:
    """An assignment as its rater finds it.

    `version` is the one a vote would have; `vote_id` its name. `ballot` is what counts now.
    """

    assignment: Assignment
    number: int
    total: int
    done: int
    version: int
    vote_id: str
    ballot: Ballot | None
    previous: str | None
    following: str | None


class Desk:
    """The review behind the pages. It is the roll of the server too."""

    def __init__(
        self,
        frozen: Frozen,
        draws: Draws,
        history: History,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.frozen, self.draws, self.history = frozen, draws, history
        self._standing, self._clock = Standing(history), clock
        self._shown: dict[str, float] = {}
        events = history.raters()
        self._people = people(events)
        self.is_closed = closed_at(events) is not None
        self._queues = {
            name: draws.queue(name, self.raters)
            for name, person in self._people.items()
            if person.rater.role is Role.RATER
        }
        self._owners = {one.key: one for queue in self._queues.values() for one in queue}

    @property
    def raters(self) -> list[str]:
        """The raters who are there now, without the adjudicator."""
        return [
            name
            for name, person in self._people.items()
            if person.digest and person.rater.role is Role.RATER
        ]

    def by_token(self, digest: str) -> Rater | None:
        """The rater of a link."""
        found = [p.rater for p in self._people.values() if p.digest == digest]
        return found[0] if found else None

    def by_id(self, rater: str) -> Rater | None:
        """The rater of a session, if still there."""
        person = self._people.get(rater)
        return person.rater if person and person.digest else None

    def queue(self, rater: Rater) -> Sequence[Assignment]:
        """All that a rater is to judge, in order."""
        if rater.role is Role.RATER:
            return self._queues[rater.id]
        found = open_cases(self.frozen, list(self._standing.all().values()), self._people)
        queue = self.draws.adjudication(rater.id, found)
        self._owners.update({one.key: one for one in queue})
        return queue

    def votes(self, rater: Rater) -> Mapping[str, Event]:
        """What counts of a rater's votes, by assignment."""
        return self._standing.votes(rater.id)

    def next_open(self, rater: Rater, after: str | None = None) -> str | None:
        """The next assignment without a vote, from a place on and then from the start."""
        queue, votes = self.queue(rater), self.votes(rater)
        keys = [one.key for one in queue]
        start = keys.index(after) + 1 if after in keys else 0
        return next((key for key in [*keys[start:], *keys[:start]] if key not in votes), None)

    def place(self, rater: Rater, key: str) -> Place:
        """Where a rater is.

        Raises:
            Unknown, NotYours: the key is nobody's, or somebody else's.
        """
        queue = self.queue(rater)
        assignment = self.assignment(rater, key)
        keys = [one.key for one in queue]
        number = keys.index(key)
        events, votes = self.history.of(key), self.votes(rater)
        event = votes.get(key)
        self._shown.setdefault(key, self._clock())
        return Place(
            assignment,
            number + 1,
            len(keys),
            sum(one in votes for one in keys),
            len(events) + 1,
            self.vote_id(key, len(events) + 1),
            ballot_of(event.body, assignment) if event else None,
            keys[number - 1] if number else None,
            keys[number + 1] if number + 1 < len(keys) else None,
        )

    def vote_id(self, key: str, version: int) -> str:
        """The name of a vote before it is cast: whoever sends it again sends the same one."""
        return self.draws.name("vote", key, str(version))

    def cast(self, rater: Rater, key: str, version: int, ballot: Ballot) -> Receipt:
        """Keeps a vote; it is on disk when this returns.

        Raises:
            Unknown, NotYours, Closed: nobody may vote there, this rater may not, or not any more.
            Conflict: the assignment has had another vote meanwhile.
            StoreBusyError: it could not be kept.
        """
        assignment = self.assignment(rater, key)
        if self.is_closed:
            raise Closed
        then = self._shown.get(key)
        receipt = self.history.add(
            id=self.vote_id(key, version),
            assignment=key,
            version=version,
            rater=rater.id,
            kind=VOTE,
            body=body_of(ballot, assignment),
            seconds=None if then is None else round(self._clock() - then, 3),
        )
        self._shown.pop(key, None)
        return receipt

    def last(self, rater: Rater) -> Event | None:
        """The newest of a rater's votes that counts: what an undo would take back."""
        votes = self.votes(rater)
        return max(votes.values(), key=lambda event: event.seq, default=None)

    def undo(self, rater: Rater, key: str, version: int) -> Receipt:
        """Takes a version back, by a row that says so.

        Raises:
            Unknown, NotYours, Closed, Conflict, StoreBusyError: as `cast`.
        """
        self.assignment(rater, key)
        if self.is_closed:
            raise Closed
        return self.history.add(
            id=self.vote_id(key, version + 1),
            assignment=key,
            version=version + 1,
            rater=rater.id,
            kind=UNDO,
            body={},
            seconds=None,
        )

    def progress(self) -> tuple[int, int]:
        """Votes in and votes asked for, of all raters who are there."""
        asked = {one.key for name in self.raters for one in self._queues[name]}
        return len(asked & self._standing.all().keys()), len(asked)

    def assignment(self, rater: Rater, key: str) -> Assignment:
        """A rater's own assignment.

        Raises:
            Unknown, NotYours: the key is nobody's, or somebody else's.
        """
        assignment = self._owners.get(key)
        if assignment is None and rater.role is Role.ADJUDICATOR:
            self.queue(rater)
            assignment = self._owners.get(key)
        if assignment is None:
            raise Unknown
        if assignment.rater != rater.id:
            raise NotYours
        return assignment
