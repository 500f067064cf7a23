"""When do answers form a closed set, so that they can be ranked instead of spelt?

`generate.choices: auto` asks this of the training answers and then uses the result for every
arm alike: a closed set takes a whole kind of mistake away, from the baselines as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from whet.types import Example

MIN_ROWS_PER_CHOICE = 5
MAX_CHOICES = 500
MAX_CHARACTERS = 80
MAX_SINGLE_SHARE = 0.01


def closed_set(train: Sequence[Example]) -> tuple[str, ...] | None:
    """The distinct training answers, sorted, if they form a closed set; None if they do not.

    They do when all of this holds:

    - there are 2 to 500 of them, each one line of at most 80 characters, none empty;
    - there are at least five rows for each on average;
    - answers seen only once make up at most one row in a hundred. A set that still brings news
      at its end is not closed; a single typo among thousands does not open it, and stays in the
      set, because a rare answer left out could never be given.

    Rows whose last turn calls a tool are never a closed set. White space at the ends is no part
    of an answer; anything else is.
    """
    if not train or any(row.messages[-1].get("tool_calls") for row in train):
        return None
    counts = Counter(row.answer.strip() for row in train)
    singles = sum(count == 1 for count in counts.values())
    short = all(0 < len(a) <= MAX_CHARACTERS and len(a.splitlines()) == 1 for a in counts)
    few = 2 <= len(counts) <= min(MAX_CHOICES, len(train) / MIN_ROWS_PER_CHOICE)
    return (
        tuple(sorted(counts))
        if short and few and singles <= MAX_SINGLE_SHARE * len(train)
        else None
    )


def outside(choices: Sequence[str], items: Sequence[Example]) -> list[Example]:
    """Items whose gold answer is no choice: no arm could get them right."""
    allowed = frozenset(choices)
    return [item for item in items if item.answer.strip() not in allowed]
