"""The votes that count, as plain rows: the latest of each assignment, as of any moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whet.reviewing.comparing.people import Person
from whet.reviewing.server.raters import Role
from whet.reviewing.store import Event
from whet.reviewing.store.history import latest


@dataclass(frozen=True, slots=True)
class Cast:
    """One vote that counts. `preference` above 0 is for `pair[0]`; None for skip and flag.

    `is_left` says whether the preferred answer stood on the left; None without a preference.
    """

    rater: str
    role: Role
    item: str
    pair: tuple[str, str]
    is_repeat: bool
    choice: str
    preference: int | None
    quality: Mapping[str, str]
    ratings: Mapping[str, Mapping[str, int]]
    reason: str
    tags: tuple[str, ...]
    gold: str | None
    left: str
    seconds: float | None
    at: float
    version: int

    @property
    def sign(self) -> int | None:
        """-1, 0 or 1."""
        value = self.preference
        return None if value is None else (value > 0) - (value < 0)

    @property
    def is_left(self) -> bool | None:
        return self.choice.startswith("left") if self.preference else None


def casts(
    events: Sequence[Event],
    known: Mapping[str, Person],
    *,
    until: float | None = None,
    without: Collection[str] = (),
) -> list[Cast]:
    """The votes that count, oldest first; those of the named raters left out."""
    found = [
        _cast(event.body, event, known[event.rater].rater.role)
        for event in latest(events, until).values()
        if event.rater in known and event.rater not in without
    ]
    return sorted(found, key=lambda cast: cast.at)


def _cast(body: Mapping[str, Any], event: Event, role: Role) -> Cast:
    return Cast(
        event.rater,
        role,
        body["item"],
        (body["pair"][0], body["pair"][1]),
        body["repeat"],
        body["choice"],
        body["preference"],
        body["quality"],
        body["ratings"],
        body["reason"],
        tuple(body["tags"]),
        body["gold"],
        body["left"],
        event.seconds,
        event.at,
        event.version,
    )
