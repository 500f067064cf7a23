"""Answers that form a closed set: how often each occurs, how it is spelt, which test asks for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from whet.data.keys import normal
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MAX_LABEL_CHARS = 80
"""Longest answer that still counts as a label."""


def labels(examples: Sequence[Example]) -> Counter[str] | None:
    """How often each answer occurs when the answers are a closed set of labels, else None.

    They count as labels when they are short single lines, tell no more than a third as many
    things as there are rows, and at least two.
    """
    counts = Counter(example.answer for example in examples)
    short = all(len(text) <= MAX_LABEL_CHARS and "\n" not in text for text in counts)
    return counts if short and 2 <= len(counts) <= len(examples) / 3 else None


def class_balance(examples: Sequence[Example]) -> list[Finding]:
    """A note on how many labels there are, the most and the least frequent; or nothing."""
    counts = labels(examples)
    if counts is None:
        return []
    (most, high), (least, low) = counts.most_common()[0], counts.most_common()[-1]
    message = (
        f"{len(counts)} different answers in {len(examples)} rows; most frequent "
        f"{printable(most)!r} ({high}), least {printable(least)!r} ({low})."
    )
    return [Finding(Severity.NOTE, Kind.CLASS_BALANCE, message)]


def label_spellings(examples: Sequence[Example]) -> list[Finding]:
    """A warning for each label that is written in more than one way."""
    counts = labels(examples) or Counter[str]()
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        spellings[normal(label)].append(label)
    return [
        Finding(
            Severity.WARNING,
            Kind.LABEL_SPELLING,
            f"one answer in several spellings: "
            f"{listed([f'{label!r} ({counts[label]})' for label in variants])}.",
            fix="Write it alike everywhere: scoring compares the text.",
        )
        for variants in spellings.values()
        if len(variants) > 1
    ]


def unseen_labels(train: Sequence[Example], test: Sequence[Example]) -> list[Finding]:
    """A warning for labels that test asks for and training never shows."""
    known = labels(train)
    if known is None:
        return []
    unseen = sorted({example.answer for example in test} - known.keys())
    if not unseen:
        return []
    message = f"{len(unseen)} answers of the test rows never occur in training: {listed(unseen)}."
    return [
        Finding(Severity.WARNING, Kind.UNSEEN_LABEL, message, fix="Add training rows with them.")
    ]
