"""From votes to one value an item: the rule by which people decide.

    a vote     +1 for the pair's first arm, -1 for the second, 0 for a tie and for "both bad";
               with `graded`, "slightly" counts half
    an item    the adjudicator's vote where there is one, else the mean over its raters, each once;
               a rater's second vote on the same item only measures that rater
    identical  two answers that are equal character by character are a tie without being shown
    nothing    skipped and flagged votes say nothing; an item with no other has no value

Values are in [-1, 1]; their mean is the net preference. Items with votes are a random part of all,
so what is left out is left out by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from whet.reviewing.comparing.frozen import Frozen, Item, Pair
from whet.reviewing.results.casts import Cast
from whet.reviewing.server.raters import Role
from whet.stats.paired import difference_interval
from whet.types import Interval

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class PairTally:
    """What people said of one pair. Counts are of items; `net` is None without a vote.

    `win_rate` counts ties as half. `both_bad` is a share of the raters' votes with a preference.
    """

    a: str
    b: str
    net: Interval | None
    wins: int
    ties: int
    losses: int
    identical: int
    without_value: int
    adjudicated: int
    win_rate: float | None
    both_bad: float | None
    skipped: int
    flagged: int


def values_of(
    frozen: Frozen, pair: Pair, cast: Sequence[Cast], *, graded: bool = False
) -> list[float | None]:
    """One value an item, in the order of the frozen items; None without a vote."""
    by_item: dict[str, list[Cast]] = {}
    for one in cast:
        if one.pair == (pair.a, pair.b) and not one.is_repeat:
            by_item.setdefault(one.item, []).append(one)
    return [_value(item, pair, by_item.get(item.id, []), graded) for item in frozen.items]


def _value(item: Item, pair: Pair, cast: Sequence[Cast], graded: bool) -> float | None:
    if is_identical(item, pair):
        return 0.0
    settled = [one for one in cast if one.role is Role.ADJUDICATOR and one.sign is not None]
    kept = settled or [one for one in cast if one.sign is not None]
    if not kept:
        return None
    return fmean((one.preference or 0) / 2 if graded else float(one.sign or 0) for one in kept)


def is_identical(item: Item, pair: Pair) -> bool:
    """Whether there is nothing to choose between."""
    return item.answers[pair.a] == item.answers[pair.b]


def tally(
    frozen: Frozen,
    pair: Pair,
    cast: Sequence[Cast],
    *,
    level: float = LEVEL,
    graded: bool = False,
) -> PairTally:
    """All that is counted for one pair."""
    found = values_of(frozen, pair, cast, graded=graded)
    known = [value for value in found if value is not None]
    groups = [
        item.group for item, value in zip(frozen.items, found, strict=True) if value is not None
    ]
    net = None
    if known:
        net = difference_interval(known, level=level, groups=groups, bounds=(-1.0, 1.0))
    own = [one for one in cast if one.pair == (pair.a, pair.b) and not one.is_repeat]
    of_raters = [one for one in own if one.role is Role.RATER]
    said = [one for one in of_raters if one.preference is not None]
    settled = {one.item for one in own if one.role is Role.ADJUDICATOR and one.sign is not None}
    return PairTally(
        pair.a,
        pair.b,
        net,
        sum(value > 0 for value in known),
        sum(value == 0 for value in known),
        sum(value < 0 for value in known),
        sum(is_identical(item, pair) for item in frozen.items),
        len(found) - len(known),
        len(settled),
        0.5 + fmean(known) / 2 if known else None,
        fmean(one.choice == "both_bad" for one in said) if said else None,
        sum(one.choice == "skip" for one in of_raters),
        sum(one.choice == "flag" for one in of_raters),
    )
