"""Which kind of example the training data lacks, as far as the wrong answers show it.

by label     training rows, items, wrong answers, what they are taken for, and how many of the
             label's training rows look like rows of another label
by distance  wrong answers among the items least and most like any training row
by slice     wrong answers and training rows of each value of a column
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from whet.data.checks.suspects import Judged, judge
from whet.data.checks.vectors import Placed, nearest
from whet.evals.failures.material import Material
from whet.evals.scorers import normalise
from whet.types import Example

MIN_ITEMS = 15
"""Items from which near and far ones are told apart; each third has five then."""
MAX_VALUES = 12
MAX_VALUE_CHARACTERS = 60
MAX_SLICES = 24


@dataclass(frozen=True, slots=True)
class LabelNeed:
    """One label: its training rows, items and wrong answers, and what it is mostly taken for.

    `unlike` counts its training rows that are most like rows of another label; None where too few
    rows, or too mixed ones, were there to say.
    """

    label: str
    train: int
    items: int
    wrong: int
    taken_for: str
    times: int
    unlike: int | None


@dataclass(frozen=True, slots=True)
class Distance:
    """Wrong answers in the third of the items least like training rows, and in the third most like.

    `likeness` are the least and the greatest likeness within the third; `shown` the places of the
    wrong items of the far third, the furthest first.
    """

    method: str
    far: tuple[int, int]
    near: tuple[int, int]
    far_likeness: tuple[float, float]
    near_likeness: tuple[float, float]
    shown: list[int]


@dataclass(frozen=True, slots=True)
class SliceNeed:
    """One value of a column: training rows that have it, items, wrong answers."""

    column: str
    value: str
    train: int
    items: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Training rows that are most like rows of another label, by (label, that other label)."""

    counts: Mapping[tuple[str, str], int]

    def of(self, label: str) -> int:
        """Rows of a label that look like another."""
        return sum(count for (own, _), count in self.counts.items() if own == label)

    def between(self, one: str, other: str) -> int:
        """Rows of two labels that look like the other of the two."""
        return self.counts.get((one, other), 0) + self.counts.get((other, one), 0)


def disagreements(train: Placed) -> Disagreements | None:
    """What the neighbours of the training rows say; None where there are no labels or few rows."""
    found: Judged | None = judge(train)
    if found is None:
        return None
    guesses = found.votes.argmax(axis=1)
    names = found.names
    return Disagreements(
        Counter(
            (names[own], names[guess])
            for own, guess in zip(found.given.tolist(), guesses.tolist(), strict=True)
            if own != guess
        )
    )


def by_label(material: Material, said: Disagreements | None) -> list[LabelNeed]:
    """Every label that was answered wrongly, the most wrong answers first."""
    rows = Counter(row.answer for row in material.train)
    asked = Counter(item.answer for item in material.items)
    taken: dict[str, Counter[str]] = {}
    for place in material.wrong(material.arm):
        answer = material.answers[material.arm][place].text.strip() or "(empty)"
        taken.setdefault(material.items[place].answer, Counter())[answer] += 1
    found = []
    for label, answers in taken.items():
        most, times = min(answers.items(), key=lambda pair: (-pair[1], pair[0]))
        unlike = said.of(label) if said else None
        wrong = answers.total()
        found.append(LabelNeed(label, rows[label], asked[label], wrong, most, times, unlike))
    return sorted(found, key=lambda need: (-need.wrong, -need.wrong / need.items, need.label))


def by_distance(material: Material, train: Placed, items: Placed, method: str) -> Distance | None:
    """Wrong answers far from and near to the training rows; None for few items."""
    if len(items.rows) < MIN_ITEMS or not train.rows:
        return None
    likeness = nearest(train.points, 1, items.points).likeness[:, 0]
    order = np.argsort(likeness, kind="stable").tolist()
    size = len(order) // 3
    far, close = order[:size], order[-size:]
    failed = set(material.wrong(material.arm))

    def ends(places: Sequence[int]) -> tuple[float, float]:
        return round(float(likeness[places[0]]), 3), round(float(likeness[places[-1]]), 3)

    return Distance(
        method,
        (sum(place in failed for place in far), size),
        (sum(place in failed for place in close), size),
        ends(far),
        ends(close),
        [place for place in far if place in failed],
    )


def by_slice(material: Material) -> list[SliceNeed]:
    """Each value of each column with few values: rows, items, wrong; columns in their order."""
    found: list[SliceNeed] = []
    failed = set(material.wrong(material.arm))
    for column in _columns(material):
        values = [_value(item, column) for item in material.items]
        rows = Counter(_value(row, column) for row in material.train)
        for value, count in sorted(Counter(values).items()):
            wrong = sum(place in failed for place, own in enumerate(values) if own == value)
            found.append(SliceNeed(column, value, rows[value], count, wrong))
    return found[:MAX_SLICES]


def _columns(material: Material) -> list[str]:
    """Columns with 2 to 12 short values among the items that are neither question nor answer."""
    names = dict.fromkeys(name for item in material.items for name in item.fields)
    return [name for name in names if _divides(material.items, name)]


def _divides(items: Sequence[Example], column: str) -> bool:
    values = [_value(item, column) for item in items]
    distinct = set(values)
    if not 2 <= len(distinct) <= MAX_VALUES or max(map(len, distinct)) > MAX_VALUE_CHARACTERS:
        return False
    if len(distinct) > len(items) / 3:
        return False
    same = sum(normalise(v) == normalise(i.answer) for v, i in zip(values, items, strict=True))
    return same < len(items)


def _value(example: Example, column: str) -> str:
    value = example.fields.get(column)
    return "(none)" if value is None else str(value)
