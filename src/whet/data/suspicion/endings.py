"""Answers that end before they are finished.

What ends an answer is a habit of its set: where most answers end with a full stop, one that does
not is suspected, in a set of titles it is not.
"""

from __future__ import annotations

import re

from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import Subject

MIN_WORDS = 5
"""Shorter answers are names, titles and numbers, which end as they please."""
NUM_SHOWN = 40

_CLOSED = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u061f\u0964][\"'\u201d\u2019)\]*_`~|<>/\w]*$")
_SIGN = re.compile(r"[^\w\s,;\-\u2013\u2014(\[{\uff0c\u3001]$")
_DANGLING = re.compile(
    r"[,;(\[{\u2013\u2014\uff0c\u3001]$|\s-$|(?:^|\n)\s*(?:\d{1,2}[.)]|[-*\u2022])$"
)
_ITEM = re.compile(r"^\s*(?:\d{1,3}[.):]|[-*\u2022\u2013+])\s+")
_OPEN_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "but",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "as",
        "that",
        "which",
        "who",
        "whose",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "if",
        "when",
        "while",
        "because",
        "than",
        "into",
        "about",
        "your",
        "their",
        "its",
        "his",
        "her",
        "our",
        "my",
        "this",
        "these",
        "those",
        "not",
        "very",
        "such",
        "also",
        "between",
        "through",
        "der",
        "die",
        "das",
        "und",
        "oder",
        "zu",
        "mit",
        "von",
        "ein",
        "eine",
        "le",
        "la",
        "les",
        "de",
        "des",
        "du",
        "et",
        "un",
        "une",
        "el",
        "los",
        "las",
        "y",
        "en",
        "que",
        "con",
        "per",
        "di",
    ]
)
_INNER = re.compile(r"[.!?\u3002\uff01\uff1f](?:\s|$)|[\u3002\uff01\uff1f]")


def endings(subject: Subject) -> Found:
    """A reason at each answer that breaks off, the surer the clearer it does."""
    for number in subject.prose:
        answer = subject.answers[number].rstrip()
        if len(subject.words[number]) < MIN_WORDS and not _wide(answer):
            continue
        found = _broken(answer, subject, number)
        if found is None:
            continue
        strength, said = found
        start = max(0, len(answer) - NUM_SHOWN)
        message = f"the answer {said}: {quoted(answer[start:])}."
        place = (subject.last(number), start, len(answer))
        yield number, Reason(Sign.TRUNCATED, strength, message, *place)


def _broken(answer: str, subject: Subject, number: int) -> tuple[float, str] | None:
    """How surely an answer breaks off, and how it is told; None where it ends as it should."""
    if answer.count("```") % 2:
        return 0.9, "opens a block of code that it does not close"
    if answer.endswith("```"):
        return None
    if _DANGLING.search(answer):
        return 0.9, "ends with a sign after which more has to come"
    if _CLOSED.search(answer):
        return None
    last = subject.words[number][-1] if subject.words[number] else ""
    ends_in_word = bool(last) and answer[-1].isalnum()
    if ends_in_word and last in _OPEN_WORDS and not subject.asked[number].rstrip().endswith(last):
        return 0.85, f"ends with {quoted(last)}"
    if answer.endswith(":"):
        return 0.8, "ends with a colon"
    if ends_in_word and _partial(last, subject):
        return 0.8, f"ends within a word, {quoted(last)}"
    lines = [line for line in answer.split("\n") if line.strip()]
    items = [line.rstrip() for line in lines if _ITEM.match(line)]
    if len(items) > 1 and _ITEM.match(lines[-1]):
        closed = sum(bool(_CLOSED.search(item)) for item in items[:-1])
        if closed > len(items[:-1]) / 2:
            return 0.8, "ends with an item without the full stop that the others have"
        return None
    if _SIGN.search(answer):
        return None
    if _INNER.search(answer):
        return 0.75, "ends without a full stop after sentences that have one"
    return 0.45, "ends without a full stop"


def _partial(word: str, subject: Subject) -> bool:
    """Whether no other answer has the word and several have words that begin with it."""
    if len(word) < 2 or subject.frequency[word] > 1 or not word.isalpha():
        return False
    return sum(other.startswith(word) for other in subject.frequency) > 2


def _wide(answer: str) -> bool:
    """Whether a text is written without spaces between its words."""
    return sum("\u3040" <= sign <= "\u9fff" for sign in answer) >= 2 * MIN_WORDS
