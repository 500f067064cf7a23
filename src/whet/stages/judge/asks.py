"""What the judge is to be asked: about which answers, in which order, with what material."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from whet.evals.judge.labels import Label
from whet.evals.judge.prompts import Material, pair_messages, score_messages
from whet.evals.judge.rubric import Rubric
from whet.evals.masking import mask_names
from whet.types import Message

Kind = Literal["score", "pairwise"]
Order = Literal["", "forward", "backward"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One item with the answers to it, by arm. `label` is the number of a label with its own
    answers; None for the run's own.
    """

    item: str
    material: Material
    answers: Mapping[str, str]
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One verdict that is wanted. `arms` is one arm, or a pair whose first is shown first
    in the order `forward`.
    """

    kind: Kind
    item: str
    arms: tuple[str, ...]
    order: Order
    messages: tuple[Message, ...]
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which kinds of verdict are wanted, of which arms and pairs."""

    rubric: Rubric
    modes: Collection[Kind]
    arms: Sequence[str]
    pairs: Sequence[tuple[str, str]]
    names: Sequence[str]

    def asks(self, subject: Subject) -> Iterator[Ask]:
        """Every question about an item; none about two answers that are the same text."""
        texts = {arm: mask_names(text, self.names).text for arm, text in subject.answers.items()}
        if "score" in self.modes:
            for arm in self.arms:
                if arm in texts:
                    messages = score_messages(self.rubric, subject.material, texts[arm])
                    yield Ask("score", subject.item, (arm,), "", messages, subject.label)
        if "pairwise" in self.modes:
            for a, b in self.pairs:
                if {a, b} <= texts.keys() and subject.answers[a] != subject.answers[b]:
                    yield from self._both_orders(subject, (a, b), texts)

    def _both_orders(
        self, subject: Subject, pair: tuple[str, str], texts: Mapping[str, str]
    ) -> Iterator[Ask]:
        a, b = (texts[arm] for arm in pair)
        orders: tuple[tuple[Order, str, str], ...] = (("forward", a, b), ("backward", b, a))
        for order, first, second in orders:
            messages = pair_messages(self.rubric, subject.material, first, second)
            yield Ask("pairwise", subject.item, pair, order, messages, subject.label)

    def num_masked(self, subjects: Sequence[Subject]) -> int:
        """Answers that named themselves."""
        return sum(
            bool(mask_names(text, self.names).names)
            for subject in subjects
            for text in subject.answers.values()
        )


def asks_of_labels(labels: Sequence[Label], wanted: Wanted) -> list[Ask]:
    """Questions about the answers that labels bring along, of the modes that are wanted."""
    found: list[Ask] = []
    for number, label in enumerate(labels):
        if label.material is None or label.answers is None:
            continue
        answers = dict(zip(label.arms, label.answers, strict=True))
        subject = Subject(label.item, label.material, answers, number)
        if label.is_pair:
            arms: tuple[str, ...] = ()
            pairs: tuple[tuple[str, str], ...] = ((label.arms[0], label.arms[1]),)
        else:
            arms, pairs = label.arms, ()
        found += Wanted(wanted.rubric, wanted.modes, arms, pairs, wanted.names).asks(subject)
    return found
