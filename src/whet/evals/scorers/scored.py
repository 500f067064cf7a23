"""One answer and its example in, one number from 0 to 1 out, more is better.

None means *unscored*: there is nothing to compare with. It stays None through every sum and
every comparison; it is never a zero and never dropped without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whet.types import Example

Scorer = Callable[[str, Example], float | None]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one arm on one metric, in the order of the items."""

    values: list[float | None]

    @property
    def num_unscored(self) -> int:
        return sum(value is None for value in self.values)

    @property
    def scored(self) -> list[float]:
        """The scores that there are."""
        return [value for value in self.values if value is not None]


def score(scorer: Scorer, answers: Sequence[str], items: Sequence[Example]) -> Scored:
    """Every answer scored against its own item.

    Raises:
        ValueError: There are not as many answers as items.
    """
    pairs = zip(answers, items, strict=True)
    return Scored([scorer(answer, item) for answer, item in pairs])
