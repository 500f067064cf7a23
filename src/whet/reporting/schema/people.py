"""What people said, blind, for the report: `details.review`, key by key."""

from __future__ import annotations

from typing_extensions import TypedDict

from whet.reporting.schema.measures import Measured


class Rater(TypedDict):
    """One person, by the name that the review gave."""

    name: str
    """The name."""
    done: int
    """Votes that are in."""
    asked: int
    """Votes that were asked for."""
    with_majority: float | None
    """Share of the items voted on as most of the others did; None where it cannot be told."""
    consistent: float | None
    """Share of the repeated items on which the second vote is as the first."""


class Tally(TypedDict):
    """Two arms, compared blind. Counts are of items."""

    a: str
    """A candidate."""
    b: str
    """What it was compared with."""
    net: Measured | None
    """Net preference from -1 (always b) to 1 (always a); None without a vote."""
    wins: int
    """Items on which a is better."""
    ties: int
    """Items without a preference."""
    losses: int
    """Items on which b is better."""
    identical: int
    """Of the ties: equal answers, which nobody was asked about."""
    both_bad: float | None
    """Share of the votes that call both answers bad."""


class Suspect(TypedDict):
    """A rater whose votes deserve a look; no proof."""

    rater: str
    """The rater."""
    words: str
    """Why, with the numbers."""


class Review(TypedDict):
    """One review of a run's answers."""

    name: str
    """Its folder."""
    items: int
    """Items that were drawn."""
    done: int
    """Votes that are in."""
    asked: int
    """Votes that were asked for."""
    is_over: bool
    """Whether results may be read: all votes are in, or it was closed."""
    closed_early: bool
    """Whether it was closed with votes still asked for."""
    raters: list[Rater]
    """Everybody who was asked."""
    alpha: Measured | None
    """Krippendorff's alpha; None where it cannot be told."""
    kappa: Measured | None
    """Cohen's kappa, where there are two raters."""
    compared: int
    """Comparisons with two votes or more."""
    disagreements: int
    """Comparisons on which the raters differ."""
    suspects: list[Suspect]
    """Raters to look at."""
    tallies: list[Tally]
    """By pair; empty until it is over."""
    without_suspects: list[Tally]
    """The same without those raters; empty where there are none."""
