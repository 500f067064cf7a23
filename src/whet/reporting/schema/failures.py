"""The failure analysis of a report: `details.failures`, key by key. Validation items only."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class Item(TypedDict):
    """One validation item that was answered wrongly."""

    id: str
    """The example's id."""
    source: str
    """file:line."""
    question: str
    """The last thing the user said."""
    gold: str
    """The right answer."""
    answer: str
    """What the arm answered."""
    why: NotRequired[str]
    """Why it was put where it is. May be missing."""


class Against(TypedDict):
    """One validation item that two arms answered differently well."""

    id: str
    """The example's id."""
    source: str
    """file:line."""
    question: str
    """The last thing the user said."""
    gold: str
    """The right answer."""
    candidate: str
    """What the arm answered."""
    baseline: str
    """What the other arm answered."""


class Category(TypedDict):
    """A kind of wrong answer; each wrong answer is of one kind, by the first rule that holds."""

    category: str
    """empty, loop, truncated, refusal, language, persona, format, class, hallucination,
    near_miss or other."""
    description: str
    """What its rule asks."""
    counts: dict[str, int]
    """Wrong answers of the kind, by arm."""
    shown: list[Item]
    """Some of the arm's."""


class Part(TypedDict):
    """A part of answers that are made of parts."""

    name: str
    """Its key, or its place."""
    wrong: int
    """Wrong answers in which it is wrong."""
    gold: str
    """What stood there most often in the right answer."""
    answered: str
    """What was answered instead."""
    times: int
    """How often this was."""


class Phrase(TypedDict):
    """Words that stand in wrong items and hardly in the others."""

    words: str
    """Up to three words, in lower case."""
    items: int
    """Validation items with them."""
    wrong: int
    """Those that were answered wrongly."""
    train: int
    """Training rows with them."""


class Confused(TypedDict):
    """A label that was answered instead of the right one."""

    gold: str
    """The right answer."""
    answered: str
    """What was answered instead."""
    count: int
    """How often."""


class Topic(TypedDict):
    """A group of like items."""

    name: str
    """Words that it has more of than the other topics."""
    items: int
    """Validation items in it."""
    wrong: int
    """Those that were answered wrongly."""
    stands_out: bool
    """Whether its error rate lies above that of all items, with its whole interval."""
    shown: list[Item]
    """Two wrong ones near its middle."""


class OfLabel(TypedDict):
    """Items of one label that were answered better and worse than by the other arm."""

    label: str
    """The right answer."""
    won: int
    """Answered better."""
    lost: int
    """Answered worse."""


class Duel(TypedDict):
    """The arm against one other, item by item."""

    other: str
    """The other arm."""
    num_won: int
    """Items that it answered better."""
    num_lost: int
    """Items that it answered worse."""
    alike: int
    """Items that both answered equally well."""
    both_wrong: int
    """Items that neither got right."""
    won: list[Against]
    """Some of those won, the largest difference first."""
    lost: list[Against]
    """Some of those lost."""
    by_label: list[OfLabel]
    """The most one-sided labels; empty for free text."""


class LabelNeed(TypedDict):
    """What a label that was answered wrongly has to learn from."""

    label: str
    """The right answer."""
    train: int
    """Its training rows."""
    items: int
    """Its validation items."""
    wrong: int
    """Those that were answered wrongly."""
    taken_for: str
    """The wrong answer that came most often."""
    times: int
    """How often it came."""
    unlike: int | None
    """Its training rows that are most like rows of another label; None where not known."""


class Third(TypedDict):
    """A third of the items, by their likeness to training rows."""

    wrong: int
    """Items that were answered wrongly."""
    items: int
    """Items in it."""
    likeness: tuple[float, float]
    """The least and the greatest likeness in it; 1 is the same."""


class Distance(TypedDict):
    """Wrong answers far from and near to the training rows."""

    method: str
    """How likeness was measured."""
    far: Third
    """The third least like any training row."""
    near: Third
    """The third most like one."""
    shown: list[Item]
    """Wrong ones of the far third, the furthest first."""


class SliceNeed(TypedDict):
    """One value of a column."""

    column: str
    """The column."""
    value: str
    """The value."""
    train: int
    """Training rows that have it."""
    items: int
    """Validation items that have it."""
    wrong: int
    """Those that were answered wrongly."""


class Failures(TypedDict):
    """Where an arm goes wrong on validation items, and what its data lack."""

    arm: str
    """The best candidate on validation; without one the best baseline."""
    metric: str
    """What says right or wrong."""
    bar: float
    """An answer with a score below this is wrong."""
    items: int
    """Validation items."""
    unscored: int
    """Items without a score, which count neither as right nor as wrong."""
    wrong: int
    """Items that were answered wrongly."""
    categories: list[Category]
    """Kinds of wrong answers, in the order of their rules."""
    parts: list[Part]
    """Which part is wrong, where answers are made of parts."""
    phrases: list[Phrase]
    """Words that tell wrong items from the others."""
    confused: list[Confused]
    """The most confused labels; empty for free text."""
    num_confused: int
    """How many pairs of labels were confused in all."""
    topics: list[Topic]
    """Topics with wrong answers, the most first; empty for few items."""
    topics_by: str
    """How likeness was measured."""
    duels: list[Duel]
    """Against each other arm, the strongest first."""
    agreed: list[Item]
    """Some of the items on which all arms give one same wrong answer."""
    num_agreed: int
    """How many there are."""
    labels: list[LabelNeed]
    """Labels that were answered wrongly, the most wrong answers first; empty for free text."""
    num_labels: int
    """How many there are."""
    distance: Distance | None
    """None for few items."""
    slices: list[SliceNeed]
    """Every value of every column with few values."""
    next: list[str]
    """What to do about it, what is mended first first."""
