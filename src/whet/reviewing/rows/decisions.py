"""What people decided about rows: kept, fixed or dropped, by whom, when and why.

A decision is a vote on the assignment `ROW/RATER`. A row is named by the hash of its content and,
where several rows are the very same, by their order; so decisions stay with their rows when rows
are added or moved, and do not go over to a row that was edited.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from whet.reviewing.server.raters import Role
from whet.reviewing.store.history import VOTE, Event
from whet.types import Example

ADJUDICATOR = Role.ADJUDICATOR.value
REVIEW = "rows"
"""The name of the review in the store."""


class Choice(StrEnum):
    """What is to be done with a row."""

    KEEP = "keep"
    FIX = "fix"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one rater last said about a row. `texts` are the new contents of turns of a fix."""

    row: str
    rater: str
    choice: Choice
    at: float
    texts: Mapping[int, str] = field(default_factory=dict)
    why: str = ""

    @property
    def outcome(self) -> tuple[Choice, tuple[tuple[int, str], ...]]:
        """Equal for decisions that do the same to the row."""
        return self.choice, tuple(sorted(self.texts.items()))


def row_keys(rows: Iterable[Example]) -> list[str]:
    """A name for each row: `ID.1`, and `ID.2` for the second row with the same content."""
    seen: Counter[str] = Counter()
    keys = []
    for row in rows:
        seen[row.id] += 1
        keys.append(f"{row.id}.{seen[row.id]}")
    return keys


def decision_of(event: Event) -> Decision:
    """The decision that a vote holds."""
    body = event.body
    texts = {int(turn): str(text) for turn, text in body.get("texts", {}).items()}
    row, _, _ = event.assignment.rpartition("/")
    return Decision(row, event.rater, Choice(body["choice"]), event.at, texts, body.get("why", ""))


def assignment(row: str, rater: str) -> str:
    """The name under which a rater's decisions on a row are kept."""
    return f"{row}/{rater}"


def standing(events: Sequence[Event]) -> dict[str, list[Decision]]:
    """The last decision of each rater on each row, in the order of the raters' names."""
    last: dict[str, Event] = {}
    for event in events:
        last[event.assignment] = event
    found: dict[str, list[Decision]] = defaultdict(list)
    for event in last.values():
        if event.kind == VOTE:
            decision = decision_of(event)
            found[decision.row].append(decision)
    return {row: sorted(each, key=lambda one: one.rater) for row, each in found.items()}


def settled(decisions: Sequence[Decision]) -> Decision | None:
    """What all raters say, as the one who said it first; None where they do not agree.

    What the adjudicator says, who sees what raters disagree about, counts alone.
    """
    final = [decision for decision in decisions if decision.rater == ADJUDICATOR]
    if final:
        return final[0]
    if len({decision.outcome for decision in decisions}) != 1:
        return None
    return min(decisions, key=lambda decision: (decision.at, decision.rater))
