"""Where the wrong answers lie: all items in topics, and in each how many were answered wrongly.

All items are divided, not the wrong ones alone: a topic of failures only would say nothing about
how often such an item goes wrong. Topics are Ward's clusters of the questions' vectors (by meaning
with an embedder, else by words), named by the words that the other topics use least.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.data.checks.little_words import LITTLE_WORDS
from whet.data.checks.vectors import Vectors
from whet.stats import wilson

ITEMS_A_TOPIC = 15
MAX_TOPICS = 12
MAX_ITEMS = 3000
"""Items beyond which no topics are made: every pair of them is compared."""
MIN_WRONG = 3
"""Wrong answers from which a topic may stand out."""
NUM_WORDS = 3
NUM_SHOWN = 2
LEVEL = 0.05
MAX_READ = 1000

_WORD = re.compile(r"[^\W\d_]{3,}")


def _words(text: str) -> set[str]:
    """The words of a question that may name a topic: no little ones, such as `the`."""
    found = {word.casefold() for word in _WORD.findall(text[:MAX_READ])}
    return {word for word in found if word not in LITTLE_WORDS}


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of like items: its name, its items, those answered wrongly, and two of these.

    `stands_out` where the interval of its error rate lies above the error rate of all items, at a
    level divided by the number of topics.
    """

    name: str
    items: int
    wrong: int
    shown: list[int]
    stands_out: bool


def topics(questions: Sequence[str], points: Vectors, wrong: Sequence[int]) -> list[Topic]:
    """The topics with a wrong answer, the most wrong answers first; none for few items."""
    num = min(MAX_TOPICS, len(questions) // ITEMS_A_TOPIC)
    if num < 2 or len(questions) > MAX_ITEMS or not wrong:
        return []
    members = _divided(points, num)
    names = _names(questions, members)
    failed = set(wrong)
    rate = len(failed) / len(questions)
    found = []
    for name, places in zip(names, members, strict=True):
        bad = [place for place in places if place in failed]
        if bad:
            low = wilson(len(bad), len(places), LEVEL / len(members)).low
            out = low is not None and low > rate and len(bad) >= MIN_WRONG
            found.append(Topic(name, len(places), len(bad), _central(points, places, bad), out))
    return sorted(found, key=lambda topic: (-topic.wrong, topic.items, topic.name))


def _divided(points: Vectors, num: int) -> list[list[int]]:
    """The places of each cluster, in the order of their first item."""
    from scipy.cluster.hierarchy import fcluster, linkage

    marks = fcluster(linkage(points.astype(np.float64), "ward"), num, "maxclust").tolist()
    members: dict[int, list[int]] = {}
    for place, mark in enumerate(marks):
        members.setdefault(mark, []).append(place)
    return list(members.values())


def _central(points: Vectors, places: Sequence[int], bad: Sequence[int]) -> list[int]:
    """The wrong items nearest to the middle of their topic."""
    middle = points[list(places)].mean(axis=0)
    return sorted(bad, key=lambda place: (-float(points[place] @ middle), place))[:NUM_SHOWN]


def _names(questions: Sequence[str], members: Sequence[Sequence[int]]) -> list[str]:
    """For each topic the words that it has more of than the others."""
    said = [_words(text) for text in questions]
    total = Counter(word for words in said for word in words)
    names = []
    for places in members:
        used = Counter(word for place in places for word in said[place])
        ranked = sorted(used, key=lambda word: (-(used[word] ** 2) / total[word], word))
        names.append(", ".join(ranked[:NUM_WORDS]) or "(no words)")
    return [name if names.count(name) == 1 else f"{name} ({n})" for n, name in enumerate(names, 1)]
