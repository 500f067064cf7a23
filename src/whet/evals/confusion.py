"""Where answers from a closed set go wrong: the table, macro-F1, the most confused pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.scorers.matching import normalise

OUTSIDE = "(outside the set)"
"""Stands for every answer that is no label."""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label; an empty denominator gives 0."""

    label: str
    num_gold: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each gold label was answered with each label."""

    labels: tuple[str, ...]
    counts: dict[tuple[str, str], int]
    """(gold, answered) -> items; `answered` may be `OUTSIDE`."""

    @property
    def num_items(self) -> int:
        return sum(self.counts.values())

    @property
    def num_outside(self) -> int:
        """Answers that are no label at all."""
        return sum(count for (_, answered), count in self.counts.items() if answered == OUTSIDE)

    @property
    def accuracy(self) -> float:
        right = sum(count for (gold, answered), count in self.counts.items() if gold == answered)
        return right / self.num_items

    def label_scores(self) -> list[LabelScore]:
        """One row a label that is a gold answer at least once, in the order of the labels."""
        golds: Counter[str] = Counter()
        answers: Counter[str] = Counter()
        for (gold, answered), count in self.counts.items():
            golds[gold] += count
            answers[answered] += count
        return [self._label_score(label, golds, answers) for label in self.labels if golds[label]]

    def _label_score(self, label: str, golds: Counter[str], answers: Counter[str]) -> LabelScore:
        right = self.counts.get((label, label), 0)
        precision = right / answers[label] if answers[label] else 0.0
        recall = right / golds[label]
        f1 = 2 * right / (golds[label] + answers[label])
        return LabelScore(label, golds[label], precision, recall, f1)

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that occur as gold answers: rare ones weigh as common ones.

        No sum over items, so it has no paired interval: it is a detail and cannot decide.
        """
        scores = self.label_scores()
        return sum(row.f1 for row in scores) / len(scores)

    def most_confused(self, num: int = 10) -> list[tuple[str, str, int]]:
        """(gold, answered, items) of the wrong pairs, most frequent first, then by name."""
        wrong = [(g, a, count) for (g, a), count in self.counts.items() if g != a]
        return sorted(wrong, key=lambda row: (-row[2], row[0], row[1]))[:num]


def confusion(
    golds: Sequence[str], answers: Sequence[str], labels: Sequence[str] = ()
) -> Confusion:
    """The table of gold against answered labels, compared after `normalise`, spelt as given.

    Args:
        golds: Gold answers.
        answers: One answer for each.
        labels: The closed set; the distinct gold answers when empty.

    Raises:
        ValueError: There is no item, or the lengths differ.
    """
    if not golds:
        raise ValueError("a confusion table needs at least one item")
    spelling: dict[str, str] = {}
    for label in (*labels, *sorted(set(golds))):
        spelling.setdefault(normalise(label), label)
    counts = Counter(
        (spelling[normalise(gold)], spelling.get(normalise(answer), OUTSIDE))
        for gold, answer in zip(golds, answers, strict=True)
    )
    return Confusion(tuple(spelling.values()), dict(counts))
