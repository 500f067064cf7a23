"""What two runs differ in, beside their reports: `whet report compare A B --json`, key by key."""

from __future__ import annotations

from typing_extensions import TypedDict


class Setting(TypedDict):
    """A key of the configuration with two values."""

    key: str
    """As it is written on the command line: train.rank."""
    a: str
    """Its value in A."""
    b: str
    """Its value in B."""


class Rows(TypedDict):
    """The rows of one split in both runs, by their content."""

    split: str
    """train, validation or test."""
    both: int
    """Rows that both have there."""
    removed: int
    """Rows that only A has there."""
    added: int
    """Rows that only B has there."""


class Flip(TypedDict):
    """One validation item on which an arm does better in one run than in the other."""

    id: str
    """The example's id."""
    source: str
    """file:line."""
    question: str
    """The last thing the user said."""
    gold: str
    """The right answer."""
    a: str
    """What A's arm answered."""
    b: str
    """What B's arm answered."""


class Flips(TypedDict):
    """One arm of both runs, item by item, on the validation items that both have answered."""

    arm: str
    """An arm that both runs have."""
    items: int
    """Items that both runs' arms have a score for."""
    num_better: int
    """Items that B answers better than A."""
    num_worse: int
    """Items that B answers worse than A."""
    better: list[Flip]
    """Some of those."""
    worse: list[Flip]
    """Some of those."""


class Compared(TypedDict):
    """What two runs differ in."""

    settings: list[Setting]
    """Every key of the configuration that differs, in its order."""
    rows: list[Rows]
    """Every split."""
    metric: str
    """What flips are told by; empty where the two runs have different leading metrics."""
    flips: list[Flips]
    """Every arm that both runs have answers of."""
