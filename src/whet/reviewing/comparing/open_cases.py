"""What raters disagree about: the queue of the adjudicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whet.reviewing.comparing.frozen import Frozen, Item, Pair
from whet.reviewing.comparing.people import Person
from whet.reviewing.server.raters import Role
from whet.reviewing.store import Event
from whet.reviewing.store.history import latest


def open_cases(
    frozen: Frozen, events: Sequence[Event], known: Mapping[str, Person]
) -> list[tuple[Item, Pair]]:
    """Comparisons on which two raters prefer opposite sides, or that one of them flagged.

    Cases that were adjudicated stay among them. Second votes of the same rater are left out.
    """
    said: dict[tuple[str, str, str], list[tuple[int | None, str]]] = {}
    for event in latest(events).values():
        person, body = known.get(event.rater), event.body
        if person is None or person.rater.role is not Role.RATER or body["repeat"]:
            continue
        key = (body["item"], *body["pair"])
        said.setdefault(key, []).append((body["preference"], body["choice"]))
    return [
        (item, pair)
        for item in frozen.items
        for pair in frozen.pairs
        if is_open(said.get((item.id, pair.a, pair.b), []))
    ]


def is_open(votes: Sequence[tuple[int | None, str]]) -> bool:
    """Whether (preference, choice) of several raters call for somebody to settle them."""
    values = [value for value, _ in votes if value is not None]
    opposite = any(value > 0 for value in values) and any(value < 0 for value in values)
    return len(votes) > 1 and (opposite or any(choice == "flag" for _, choice in votes))
