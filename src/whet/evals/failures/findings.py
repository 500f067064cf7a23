"""What was found out about an arm's wrong answers: all that advice is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.failures.categories import Category, Found
from whet.evals.failures.duels import Duel
from whet.evals.failures.material import Material
from whet.evals.failures.needs import Disagreements, Distance, LabelNeed, SliceNeed
from whet.evals.failures.parts import WrongPart
from whet.evals.failures.phrases import Phrase
from whet.evals.failures.topics import Topic

MIN_COUNT = 3
"""Wrong answers of a kind from which something is said about it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the sentences are made from.

    `categories` are the wrong items' places with their kinds; `pairs` are (right answer, answered
    instead, times); `agreed` are places where all arms give one same other answer.
    """

    material: Material
    categories: Sequence[tuple[int, Found]]
    pairs: Sequence[tuple[str, str, int]]
    labels: Sequence[LabelNeed]
    said: Disagreements | None
    distance: Distance | None
    slices: Sequence[SliceNeed]
    topics: Sequence[Topic]
    parts: Sequence[WrongPart]
    phrases: Sequence[Phrase]
    duels: Sequence[Duel]
    agreed: Sequence[int]

    @property
    def wrong(self) -> int:
        return len(self.categories)

    def of(self, category: Category) -> int:
        """Wrong answers of a category."""
        return sum(found.category is category for _, found in self.categories)
