"""Do the facts of an answer stand in the truth? Supported, contradicted, or absent.

    truth   The Blue Spice is a pub. A meal costs 20 pounds.
    answer  The Blue Spice is a pub, and a meal costs 30 pounds near Crown Hall.
            Blue Spice supported, 30 contradicted, Crown Hall absent

Supported: the fact stands in the truth. Contradicted: it does not, and a sentence of the truth
that says much the same has another fact of its kind in that place. Absent: neither. The rule works
offline, at once and always alike; `docs/metrics.md` has its measured error. A judge that reads may
take its place: `Support` is what it has to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whet.evals.scorers.grounding.facts import (
    Fact,
    FactKind,
    content_words,
    facts,
    number_keys,
    plain,
    sentences,
)
from whet.evals.scorers.scored import Scorer
from whet.types import Example

MIN_SHARED_WORDS = 2
MIN_SHARED_PART = 0.5
"""Two sentences say much the same when so much of the shorter one's content words is in both."""


class Status(StrEnum):
    """What the truth says of a fact."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    ABSENT = "absent"


Support = Callable[[Fact, str], Status]
"""(fact, truth) -> what the truth says of it. The rule below, or a judge behind it."""
Truth = Callable[[Example], str]
"""An item -> the text that its answers may rest on; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A fact of an answer with what the truth says of it."""

    fact: Fact
    status: Status


def by_rule(fact: Fact, truth: str) -> Status:
    """What the truth says of a fact, by its words alone."""
    if stands_in(fact, truth):
        return Status.SUPPORTED
    own = content_words(fact.sentence) - set(fact.key.split())
    for sentence in sentences(truth):
        others = [other for other in facts(sentence) if other.kind is fact.kind]
        theirs = content_words(sentence) - {word for o in others for word in o.key.split()}
        shared = len(own & theirs)
        enough = shared >= MIN_SHARED_PART * max(1, min(len(own), len(theirs)))
        if others and shared >= MIN_SHARED_WORDS and enough:
            return Status.CONTRADICTED
    return Status.ABSENT


def stands_in(fact: Fact, text: str) -> bool:
    """Whether a fact stands in a text: a number by its value, words as whole words in order."""
    if fact.kind is FactKind.NUMBER:
        return fact.key in number_keys(text)
    return fact.key in plain(text)


def check_facts(
    answer: str, truth: str, question: str = "", support: Support = by_rule
) -> list[Checked]:
    """Every fact of an answer with what the truth says of it.

    A fact that the truth does not hold and the question gave is left out: the answer repeats it.
    """
    found = [Checked(fact, support(fact, truth)) for fact in facts(answer)]
    return [
        entry
        for entry in found
        if entry.status is Status.SUPPORTED or not stands_in(entry.fact, question)
    ]


def faithfulness(truth_of: Truth, support: Support = by_rule) -> Scorer:
    """The share of an answer's facts that the truth supports.

    None where there is no truth, and where the answer states no fact: read it beside
    `no_hallucination`, which counts such an answer as clean.
    """

    def score(answer: str, example: Example) -> float | None:
        truth = truth_of(example)
        if not truth.strip():
            return None
        found = check_facts(answer, truth, example.question, support)
        right = sum(entry.status is Status.SUPPORTED for entry in found)
        return right / len(found) if found else None

    return score


def no_hallucination(truth_of: Truth, support: Support = by_rule) -> Scorer:
    """1 where no fact of the answer is contradicted or absent, else 0; None without a truth."""

    def score(answer: str, example: Example) -> float | None:
        truth = truth_of(example)
        if not truth.strip():
            return None
        found = check_facts(answer, truth, example.question, support)
        return float(all(entry.status is Status.SUPPORTED for entry in found))

    return score


def corpus_facts(
    answers: Sequence[str], items: Sequence[Example], truth_of: Truth
) -> dict[str, Any]:
    """How many facts all answers state, by status, and items without a truth."""
    told = {status.value: 0 for status in Status}
    without = 0
    for answer, item in zip(answers, items, strict=True):
        truth = truth_of(item)
        without += not truth.strip()
        for entry in check_facts(answer, truth, item.question) if truth.strip() else ():
            told[entry.status.value] += 1
    return told | {"items_without_truth": without}
