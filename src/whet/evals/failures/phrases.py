"""Words that stand in wrong items and hardly in the others, with the training rows that have them.

"at once" in 7 of 8 items that were answered wrongly, in 1 of 72 others, in 12 of 400 training rows:
nothing says more plainly which rows to write. A phrase is told only where its error rate lies above
that of all items with its whole interval, at a level divided by the number of phrases looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.stats import wilson

MAX_WORDS = 3
MIN_WRONG = 3
MAX_SHOWN = 3
MAX_READ = 1000
LEVEL = 0.05

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, the items with them, those of these that were answered wrongly, training rows."""

    words: str
    items: int
    wrong: int
    train: int


def phrases(questions: Sequence[str], wrong: Sequence[int], train: Sequence[str]) -> list[Phrase]:
    """At most three phrases, the surest first; of those with the same items the longest."""
    where: dict[str, set[int]] = {}
    for place, question in enumerate(questions):
        for phrase in _phrases(question):
            where.setdefault(phrase, set()).add(place)
    failed = set(wrong)
    tried = {p: places for p, places in where.items() if len(places & failed) >= MIN_WRONG}
    # Phrases of the same items are one phrase: the longest of them.
    distinct: dict[frozenset[int], str] = {}
    for phrase in sorted(tried, key=lambda phrase: (-len(phrase.split()), phrase)):
        distinct.setdefault(frozenset(tried[phrase]), phrase)
    rate = len(failed) / max(1, len(questions))
    found = []
    for places, phrase in distinct.items():
        low = wilson(len(places & failed), len(places), LEVEL / len(distinct)).low
        if low is not None and low > rate:
            found.append((low, phrase, places))
    return _told(found, failed, train)


def _told(
    found: Sequence[tuple[float, str, frozenset[int]]], failed: set[int], train: Sequence[str]
) -> list[Phrase]:
    """The purest phrases, without those whose wrong items are told already."""
    told: list[Phrase] = []
    covered: set[int] = set()
    ranked = sorted(found, key=lambda each: (-each[0], each[1]))
    rows = [set(_phrases(text)) for text in train] if ranked else []
    for _, phrase, places in ranked:
        bad = places & failed
        if len(bad - covered) >= MIN_WRONG and len(told) < MAX_SHOWN:
            covered |= bad
            told.append(Phrase(phrase, len(places), len(bad), sum(phrase in said for said in rows)))
    return told


def _phrases(text: str) -> Iterator[str]:
    """Each run of one to three words, lower-case; numbers are left out."""
    words = [word.casefold() for word in _WORD.findall(text[:MAX_READ])]
    for size in range(1, MAX_WORDS + 1):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            if not any(word.isdigit() for word in run):
                yield " ".join(run)
