"""Answers in a tone that the others do not have: rude, shouting, careless.

The lists are English. A word counts only where the question does not have it, and the more
answers of the set have such words, the less they say: a set of film dialogues is meant so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import Subject
from whet.data.suspicion.tones import ADDRESSED, CARELESS, FACES, INSULTS, RUDE, any_of

_RUDE = any_of(RUDE)
_INSULT = any_of(INSULTS, ADDRESSED)
_CARELESS = any_of(CARELESS, *FACES)
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
MIN_SHOUTED = 4
SHOUTING = 0.5


def voice(subject: Subject) -> Found:
    """A reason at each answer with rude words, in capitals, or written carelessly."""
    for named, strength, search in (
        ("insults", 0.8, _insult),
        ("has rude words", 0.8, _rude),
        ("shouts", 0.8, _shouting),
        ("is written carelessly", 0.55, _careless),
        ("begins with a small letter, as few do", 0.35, _uncapitalised),
    ):
        yield from _told(subject, named, strength, search)


Search = Callable[[str, str], tuple[int, int, float] | None]
"""An answer and what was asked to the place that is meant and a factor of the strength."""


def _told(subject: Subject, named: str, strength: float, search: Search) -> Found:
    found = {
        number: place
        for number in subject.prose
        if (place := search(subject.answers[number], subject.asked[number]))
    }
    for number, (start, end, factor) in found.items():
        text = quoted(subject.answers[number][start : max(end, start + 40)], 50)
        weight = strength * factor
        message = f"the answer {named}: {text}."
        yield number, Reason(Sign.VOICE, weight, message, subject.last(number), start, end)


def _insult(answer: str, asked: str) -> tuple[int, int, float] | None:
    hit = _INSULT.search(answer.replace("\u2019", "'"))
    return None if hit is None or hit.group().casefold() in asked.casefold() else (*hit.span(), 1.0)


def _rude(answer: str, asked: str) -> tuple[int, int, float] | None:
    return _words(_RUDE, answer, asked, full=2, length=400)


def _careless(answer: str, asked: str) -> tuple[int, int, float] | None:
    return _words(_CARELESS, answer, asked, full=3, length=300)


def _words(
    pattern: re.Pattern[str], answer: str, asked: str, full: int, length: int
) -> tuple[int, int, float] | None:
    """The first word found; the factor grows with the hits, and sinks with the answer's length."""
    known = asked.casefold()
    plain = answer.replace("\u2019", "'")
    hits = [hit for hit in pattern.finditer(plain) if hit.group().strip().casefold() not in known]
    if not hits:
        return None
    kinds = len({hit.group().casefold() for hit in hits})
    dense = min(1.0, kinds * length / max(len(answer), length))
    return *hits[0].span(), min(1.0, (0.5 + 0.5 * kinds / full)) * (0.35 + 0.65 * dense)


def _shouting(answer: str, asked: str) -> tuple[int, int, float] | None:
    words = _LONG_WORD.findall(answer)
    loud = [word for word in words if word.isupper() and len(word) > 2]
    if len(loud) < MIN_SHOUTED or len(loud) < SHOUTING * len(words) or asked.isupper():
        return None
    start = answer.index(loud[0])
    return start, start + len(loud[0]), 1.0


def _uncapitalised(answer: str, asked: str) -> tuple[int, int, float] | None:
    del asked
    first = answer.lstrip()[:1]
    if not first.islower() or len(answer.split()) < MIN_SHOUTED or "```" in answer[:5]:
        return None
    start = len(answer) - len(answer.lstrip())
    return start, start + 1, 1.0
