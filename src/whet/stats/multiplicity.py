"""Holm's procedure over candidates, with intervals instead of p-values.

A candidate wins when the lower end of its gain is above the margin against *every* baseline.
"Every" needs no correction: all of those claims must be true for the win to be true, so testing
each at the full level is enough (an intersection-union test, Berger 1982). "Any of several
candidates", however, gives luck several tries, and Holm (1979) holds the chance of one or more
false wins at the level:

    with m candidates undecided, read their intervals at level / m;
    those that win are decided; repeat with the rest at level / (number left); stop when none wins.

An interval at level / m lies above the margin exactly when its p-value is below level / m, so
this is Holm's step-down. Each candidate keeps the interval of the level at which it was last
read, and that one interval is what the report shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HolmDecision:
    """Whether a claim holds, and the two-sided level at which it was decided."""

    name: str
    wins: bool
    level: float


def holm(
    names: Sequence[str], wins_at: Callable[[str, float], bool], level: float
) -> dict[str, HolmDecision]:
    """A decision for each name; false wins, of any number of names, are held at `level`.

    Args:
        names: The candidates, in any order: the result does not depend on it.
        wins_at: Whether a candidate's claim holds when read at a two-sided level. It must be
            monotone: what holds at a stricter level holds at a laxer one.
        level: The two-sided level that all names share.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    undecided = list(names)
    decisions: dict[str, HolmDecision] = {}
    while undecided:
        step = level / len(undecided)
        winners = [name for name in undecided if wins_at(name, step)]
        decided = winners or undecided
        decisions.update({name: HolmDecision(name, bool(winners), step) for name in decided})
        undecided = [name for name in undecided if name not in decided]
    return {name: decisions[name] for name in names}
