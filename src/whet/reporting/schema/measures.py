"""Figures of a report that stand in several places: an arm's, and those of two arms compared."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

Verdict = Literal[
    "ship",
    "ship_with_rag",
    "use_prompt",
    "use_few_shot",
    "use_rag",
    "use_other",
    "do_not_ship",
    "inconclusive",
]


class Measured(TypedDict):
    """One metric of one arm."""

    value: float
    """The estimate."""
    low: float | None
    """Lower end of its interval; None where none can be given."""
    high: float | None
    """Upper end of its interval."""
    n: int
    """Items that it was measured on."""


class Headline(TypedDict):
    """The difference of two arms on the same items."""

    a: str
    """An arm, mostly a candidate."""
    b: str
    """The arm that it is compared with."""
    metric: str
    """The metric that both were measured with."""
    difference: float
    """a - b."""
    low: float | None
    """Lower end of the interval that decides."""
    high: float | None
    """Upper end of the interval that decides."""
    level: float
    """Two-sided error of the interval: 0.04 means 96 %."""


class Comparison(Headline):
    """Arm `a` against arm `b`, and how that was found."""

    method: str
    """How the interval was made."""


class Untouched(TypedDict):
    """The same run on the test items that no training row touches, judged apart."""

    items: int
    """Test items that no training row touches; 0: there is no figure."""
    touched: int
    """Test items that stand in training rows: in other words, or within a longer row."""
    verdict: Verdict | None
    """What the verdict would be on these items alone; the gates stay as they are."""
    arms: dict[str, dict[str, Measured]]
    """Every arm and metric on these items."""
    comparisons: list[Comparison]
    """Every comparison on these items, at the level of the same look."""
