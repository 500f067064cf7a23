"""Where the arm beats and loses to each other arm, item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.failures.material import Material

MAX_SHOWN = 6
MAX_LABELS = 6


@dataclass(frozen=True, slots=True)
class Duel:
    """The arm against one other: items that it answered better, worse and alike.

    `won` and `lost` are places of items, the largest difference first, then by id. `both_wrong`
    counts items that neither got right. `by_label` is [(label, won, lost)] of a closed set, the
    most one-sided first.
    """

    other: str
    won: list[int]
    lost: list[int]
    alike: int
    both_wrong: int
    by_label: list[tuple[str, int, int]]


def duels(material: Material, labelled: bool) -> list[Duel]:
    """One duel with each other arm, in their order."""
    return [_duel(material, other, labelled) for other in material.others]


def _duel(material: Material, other: str, labelled: bool) -> Duel:
    ours, theirs = material.answers[material.arm], material.answers[other]
    gains: dict[int, float] = {}
    both_wrong = 0
    for place, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a.score is not None and b.score is not None:
            gains[place] = a.score - b.score
            both_wrong += material.is_wrong(a) and material.is_wrong(b)
    won = _ranked(material, {place: gain for place, gain in gains.items() if gain > 0})
    lost = _ranked(material, {place: gain for place, gain in gains.items() if gain < 0})
    alike = len(gains) - len(won) - len(lost)
    by_label = _by_label(material, won, lost) if labelled else []
    return Duel(other, won, lost, alike, both_wrong, by_label)


def _ranked(material: Material, gains: dict[int, float]) -> list[int]:
    return sorted(gains, key=lambda place: (-abs(gains[place]), material.items[place].id))


def _by_label(
    material: Material, won: Sequence[int], lost: Sequence[int]
) -> list[tuple[str, int, int]]:
    better = Counter(material.items[place].answer for place in won)
    worse = Counter(material.items[place].answer for place in lost)
    rows = [(label, better[label], worse[label]) for label in {*better, *worse}]
    rows.sort(key=lambda row: (-abs(row[1] - row[2]), -row[1] - row[2], row[0]))
    return rows[:MAX_LABELS]


def agreed_wrong(material: Material) -> list[int]:
    """Items where at least two arms that ask a model, and all of them, give one same wrong answer.

    There the right answer itself may be wrong.
    """
    from whet.evals.scorers import normalise

    arms = [material.arm, *(name for name in material.others if name != "nearest")]
    if len(arms) < 2:
        return []
    found = []
    for place in material.wrong(material.arm):
        said = {normalise(material.answers[arm][place].text) for arm in arms}
        if len(said) == 1 and "" not in said:
            found.append(place)
    return found
