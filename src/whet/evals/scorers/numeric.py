"""Numbers within a tolerance: the first or the last one of a text.

1,234.5     thousands "," and decimal "."
1.234,5     thousands "." and decimal ","
12 %        12, or 0.12 where `percent: share` says so; the sign on one side alone is no fault
            of form, but 12 % and 0.12 are equal only under `percent: share`
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from whet.config import NumericConfig
from whet.evals.scorers.references import references_of
from whet.evals.scorers.scored import Scorer
from whet.types import Example

SPACES = " \u00a0\u202f\u2009"


def within_tolerance(settings: NumericConfig) -> Scorer:
    """1 where the answer's number is within the tolerance of a reference's, else 0.

    An answer without a number is 0; an item none of whose references has one is unscored.
    """

    def score(answer: str, example: Example) -> float | None:
        golds = [number_of(text, settings) for text in references_of(example)]
        known = [gold for gold in golds if gold is not None]
        if not known:
            return None
        found = number_of(answer, settings)
        return float(found is not None and any(is_near(found, gold, settings) for gold in known))

    return score


def is_near(found: float, gold: float, settings: NumericConfig) -> bool:
    """Whether two numbers are within the tolerance; relative to the gold one where so asked."""
    allowed = settings.tolerance * (abs(gold) if settings.kind == "relative" else 1.0)
    # The two were parsed from decimals: 0.3 - 0.1 within 0.2 must not fail in the last bit.
    return abs(found - gold) <= allowed + 1e-9 * max(abs(found), abs(gold))


def number_of(text: str, settings: NumericConfig) -> float | None:
    """The first or last number of a text; None where there is none."""
    found = numbers(text, settings.thousands, settings.decimal, settings.percent == "share")
    return (found[-1] if settings.which == "last" else found[0]) if found else None


def numbers(
    text: str, thousands: str = ",", decimal: str = ".", percent_is_share: bool = False
) -> Sequence[float]:
    """Every number of a text, in order.

    A minus counts where no letter or digit stands before it: `-5` is below zero, the end of
    `3-5` is not. A number does not begin within a word or another number (`v1.2`, `A4`).
    """
    found = []
    for match in _pattern(thousands, decimal).finditer(text):
        digits = match["number"].translate(_dropped(thousands)).replace(decimal, ".")
        value = float(digits.replace("\u2212", "-"))
        found.append(value / 100 if percent_is_share and match["percent"] else value)
    return found


def _dropped(thousands: str) -> dict[int, None]:
    signs = {"space": SPACES, "none": ""}.get(thousands, thousands)
    return {ord(sign): None for sign in signs}


def _pattern(thousands: str, decimal: str) -> re.Pattern[str]:
    mark = {"space": f"[{SPACES}]", "none": ""}.get(thousands, re.escape(thousands))
    grouped = rf"\d{{1,3}}(?:{mark}\d{{3}})+(?!\d)|" if mark else ""
    point = re.escape(decimal)
    return re.compile(
        rf"(?<![\w{point}])(?P<number>[-+\u2212]?(?:(?:{grouped}\d+)(?:{point}\d+)?|{point}\d+)"
        rf"(?:[eE][-+]?\d+(?!\w))?)(?P<percent>\s?%)?"
    )
