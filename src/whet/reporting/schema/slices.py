"""Parts of the items, for the report: `details.slices`, key by key."""

from __future__ import annotations

from typing_extensions import TypedDict

from whet.reporting.schema.measures import Measured


class SliceGain(TypedDict):
    """The difference of the pair of arms within one slice."""

    difference: float | None
    """The first arm minus the second; None without items that both have a score for."""
    low: float | None
    """Lower end; None where the slice is too small to be compared."""
    high: float | None
    """Upper end."""


class Slice(TypedDict):
    """One value of a column, or the items of one rule."""

    column: str
    """The column, or the rule's name."""
    value: str
    """The value; `yes` for a rule."""
    n: int
    """Items in it."""
    arms: dict[str, Measured | None]
    """Every arm's mean, with an interval that describes."""
    comparison: SliceGain | None
    """None where no pair was asked for."""


class Slices(TypedDict):
    """How the arms do on parts of the items."""

    metric: str
    """The metric."""
    pair: tuple[str, str] | None
    """The arms whose difference is read; None where there are no two."""
    level: float
    """Two-sided error that all differences share."""
    each_level: float
    """That of one of them."""
    rows: list[Slice]
    """Every slice, by column."""
    lowest: str | None
    """Where the first arm scores least."""
    most_lost: str | None
    """Where it falls furthest behind the second."""
    note: str
    """How to read the worst slice."""
