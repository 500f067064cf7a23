"""The raters of a review, as the history tells: who joined, whose link is new, who was removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.errors import ConfigError
from whet.reviewing.server.raters import Rater, Role, digest_of, new_token
from whet.reviewing.store import History, RaterEvent

JOINED, NEW_LINK, REMOVED, CLOSED = "joined", "new_link", "removed", "closed"
NOBODY = "*"


@dataclass(frozen=True, slots=True)
class Person:
    """A rater with the digest of the link that is good now; None for one who was removed."""

    rater: Rater
    digest: str | None
    joined: float


def people(events: Sequence[RaterEvent]) -> dict[str, Person]:
    """Everybody who ever joined, by pseudonym, in that order."""
    found: dict[str, Person] = {}
    for event in events:
        if event.event == JOINED:
            rater = Rater(event.rater, Role(event.role))
            found[event.rater] = Person(rater, event.digest, event.at)
        elif event.event == NEW_LINK:
            old = found[event.rater]
            found[event.rater] = Person(old.rater, event.digest, old.joined)
        elif event.event == REMOVED:
            old = found[event.rater]
            found[event.rater] = Person(old.rater, None, old.joined)
    return found


def closed_at(events: Sequence[RaterEvent]) -> float | None:
    """When the review was closed; None while it is open."""
    return next((event.at for event in events if event.event == CLOSED), None)


def invite(history: History, raters: int) -> dict[str, str]:
    """Tokens of the raters that are missing, by pseudonym: shown now and never again.

    With the first raters comes an adjudicator, who sees what they disagree about.
    """
    known = people(history.raters())
    active = [p for p in known.values() if p.rater.role is Role.RATER and p.digest]
    number = sum(p.rater.role is Role.RATER for p in known.values())
    names = [f"rater-{number + n + 1}" for n in range(raters - len(active))]
    tokens = {name: new_token() for name in names}
    rows = [(name, Role.RATER.value, JOINED, digest_of(tokens[name])) for name in names]
    if raters > 1 and not any(p.rater.role is Role.ADJUDICATOR for p in known.values()):
        tokens["adjudicator"] = new_token()
        digest = digest_of(tokens["adjudicator"])
        rows.append(("adjudicator", Role.ADJUDICATOR.value, JOINED, digest))
    if rows:
        history.add_rater_events(rows)
    return tokens


def new_link(history: History, name: str) -> str:
    """A new token for a rater; the old link is dead from now on.

    Raises:
        ConfigError: there is no such rater.
    """
    person = _known(history, name)
    token = new_token()
    row = (name, person.rater.role.value, NEW_LINK, digest_of(token))
    history.add_rater_events([row])
    return token


def remove(history: History, name: str) -> None:
    """Ends a rater's part; the votes stay in the history, and results name them.

    Raises:
        ConfigError: there is no such rater.
    """
    person = _known(history, name)
    history.add_rater_events([(name, person.rater.role.value, REMOVED, "")])


def close(history: History) -> None:
    """Takes no more votes."""
    if closed_at(history.raters()) is None:
        history.add_rater_events([(NOBODY, "", CLOSED, "")])


def _known(history: History, name: str) -> Person:
    known = people(history.raters())
    if name not in known or known[name].digest is None:
        active = ", ".join(n for n, p in known.items() if p.digest) or "nobody"
        raise ConfigError(f"{name}: no such rater. There are: {active}.")
    return known[name]
