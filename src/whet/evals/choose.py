"""Choosing the strongest baseline on validation, by a stated budget, with every try recorded.

A weak baseline is the commonest way to make tuning look good. Prompt files, few-shot counts and
retrieval settings are each tried on the same validation items; the best score wins, and of equals
the cheaper, then the first. The score of a chosen option is a little too good, being the best of
several; that is why it is compared on the test set, and only there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from whet.evals.compare import Values, arm_interval
from whet.types import Example, Interval

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One thing to try: a name for the record, what it stands for, and what an answer costs.

    `cost` is in any one unit, e.g. prompt tokens; it only breaks ties.
    """

    name: str
    value: T
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Tried:
    """An option with its score; None where nothing could be scored."""

    name: str
    score: Interval | None
    cost: float

    def to_json(self) -> dict[str, Any]:
        """Plain values for the record of choices."""
        found = self.score
        return {
            "name": self.name,
            "value": found.value if found else None,
            "low": found.low if found else None,
            "high": found.high if found else None,
            "n": found.n if found else 0,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """The chosen option, all that were tried, and on how many items."""

    chosen: Option[T]
    score: Interval | None
    tried: list[Tried]
    num_items: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for the record of choices."""
        return {
            "chosen": self.chosen.name,
            "num_items": self.num_items,
            "tried": [row.to_json() for row in self.tried],
        }


def validation_sample(items: Sequence[Example], budget: int, seed: int = 0) -> list[Example]:
    """At most `budget` items, the same ones in whatever order they come; kept in that order."""
    if len(items) <= budget:
        return list(items)

    def key(item: Example) -> str:
        return hashlib.sha256(f"validation:{seed}:{item.id}".encode()).hexdigest()

    kept = {item.id for item in sorted(items, key=key)[:budget]}
    return [item for item in items if item.id in kept][:budget]


def choose(
    options: Sequence[Option[T]],
    evaluate: Callable[[T, Sequence[Example]], Values],
    items: Sequence[Example],
    *,
    budget: int = 200,
    level: float = 0.05,
    seed: int = 0,
) -> Choice[T]:
    """The option with the best mean score on the same validation items.

    Args:
        options: What to try; a single one is scored as well, for the record and the headroom.
        evaluate: Scores of one option on items, one an item, None where unscored.
        items: Validation items; never test items.
        budget: At most so many items for each option.
        level: Two-sided error of the intervals in the record; they decide nothing.
        seed: Which items, where there are more than the budget.

    Raises:
        ValueError: There is nothing to choose from.
    """
    if not options:
        raise ValueError("there is nothing to choose from")
    sample = validation_sample(items, budget, seed)
    tried = []
    for option in options:
        values = list(evaluate(option.value, sample)) if sample else []
        groups = [item.group for item in sample]
        tried.append(Tried(option.name, arm_interval(values, level, groups), option.cost))

    def rank(place: int) -> tuple[float, float, int]:
        score = tried[place].score
        return -score.value if score else 1.0, options[place].cost, place

    best = min(range(len(options)), key=rank)
    return Choice(options[best], tried[best].score, tried, len(sample))
