"""What a rater sends, and what is kept of it: sides become arms here, and nowhere else.

    choice           preference for the left   quality
    left_much        +2
    left_slightly    +1
    tie               0                        both good enough
    right_slightly   -1
    right_much       -2
    both_bad          0                        both bad
    skip, flag       none

Preference and absolute quality are two fields, so that "both bad" never passes for a plain tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whet.reviewing.comparing.draws import Assignment

CHOICES: Mapping[str, tuple[int | None, str | None]] = {
    "left_much": (2, None),
    "left_slightly": (1, None),
    "tie": (0, "good"),
    "right_slightly": (-1, None),
    "right_much": (-2, None),
    "both_bad": (0, "bad"),
    "skip": (None, None),
    "flag": (None, None),
}
RATINGS = {"0": 0, "1": 1, "2": 2}
MAX_TEXT = 8_000
MAX_GOLD = 64_000


class BadBallot(ValueError):
    """What was sent is no ballot; the message is for the rater."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a rater said about one comparison, by sides."""

    choice: str
    reason: str = ""
    tags: tuple[str, ...] = ()
    gold: str | None = None
    ratings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read_ballot(
    sent: Mapping[str, list[str]], criteria: tuple[str, ...], tags: tuple[str, ...]
) -> Ballot:
    """The ballot of a form.

    Raises:
        BadBallot: an unknown choice, tag or rating, or a text that is too long.
    """
    choice = _one(sent, "choice")
    if choice not in CHOICES:
        raise BadBallot("Choose one of the answers, or skip.")
    reason, gold = _one(sent, "reason").strip(), _one(sent, "gold").strip()
    shown = _one(sent, "gold_shown").strip()
    edited = gold if gold and gold.replace("\r\n", "\n") != shown.replace("\r\n", "\n") else None
    if len(reason) > MAX_TEXT or len(edited or "") > MAX_GOLD:
        raise BadBallot(f"Too long: {MAX_TEXT:,} characters for a reason, {MAX_GOLD:,} for text.")
    if choice == "flag" and not reason:
        raise BadBallot("Say in the reason what is wrong with this item.")
    named = tuple(sent.get("tag", ()))
    if not set(named) <= set(tags):
        raise BadBallot("There is no such tag.")
    ratings: dict[str, dict[str, int]] = {}
    for side in ("left", "right"):
        for number, criterion in enumerate(criteria):
            value = _one(sent, f"{side}-{number}")
            if value and value not in RATINGS:
                raise BadBallot("There is no such rating.")
            if value:
                ratings.setdefault(side, {})[criterion] = RATINGS[value]
    return Ballot(choice, reason, tuple(dict.fromkeys(named)), edited, ratings)


def _one(sent: Mapping[str, list[str]], name: str) -> str:
    values = sent.get(name, [""])
    if len(values) != 1:
        raise BadBallot("A field was sent twice.")
    return values[0]


def body_of(ballot: Ballot, assignment: Assignment) -> dict[str, Any]:
    """What is kept: the same in terms of arms. `preference` is for the pair's first arm."""
    value, quality = CHOICES[ballot.choice]
    if value is not None and assignment.left != assignment.pair.a:
        value = -value
    arms = {"left": assignment.left, "right": assignment.right}
    return {
        "item": assignment.item.id,
        "pair": [assignment.pair.a, assignment.pair.b],
        "repeat": assignment.is_repeat,
        "left": assignment.left,
        "choice": ballot.choice,
        "preference": value,
        "quality": dict.fromkeys(arms.values(), quality) if quality else {},
        "ratings": {arms[side]: dict(found) for side, found in ballot.ratings.items()},
        "reason": ballot.reason,
        "tags": list(ballot.tags),
        "gold": ballot.gold,
    }


def ballot_of(body: Mapping[str, Any], assignment: Assignment) -> Ballot:
    """What a rater said, as the page shows it again."""
    sides = {assignment.left: "left", assignment.right: "right"}
    ratings = {sides[arm]: found for arm, found in body["ratings"].items()}
    return Ballot(body["choice"], body["reason"], tuple(body["tags"]), body["gold"], ratings)
