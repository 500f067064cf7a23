"""Answers that decline, or speak of being a machine."""

from __future__ import annotations

import re

from whet.data.refusals import is_refusal
from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import Subject

_MACHINE = re.compile(
    r"\bas an? (?:ai|artificial intelligence|language model|large language model)\b"
    r"|\bi(?:'m| am) (?:just |only )?an? (?:ai|artificial|(?:large )?language model|bot)\b"
    r"|\bi (?:do not|don'?t|cannot|can'?t) (?:have|possess|access)(?: the)? (?:access|ability|real"
    r"|personal|feelings|opinions|information about|the internet|to the internet)",
    re.IGNORECASE,
)
_EVADES = re.compile(
    r"^\W*(?:i'?m |i am |we'?re |we are )?(?:so |very |really )?(?:sorry|afraid)\b[^.!?]{0,90}"
    r"\b(?:can'?t|cannot|can not|unable|won'?t|not able|don'?t know|do not know|no information)\b"
    r"|^\W*(?:i|we) (?:really )?(?:can'?t|cannot|won'?t|will not|(?:am|are) unable"
    r"|would rather not|refuse|decline)\b|^\W*(?:i|we)'d rather not\b"
    r"|\b(?:i|we) (?:don'?t|do not) (?:feel comfortable|think i can|think we can)\b"
    r"|\b(?:out of|outside|beyond) (?:the scope|my (?:scope|abilities|capabilities))\b",
    re.IGNORECASE,
)


def declines(subject: Subject) -> Found:
    """A reason at each answer that declines or evades, and at each that speaks as a machine."""
    found: list[tuple[int, float, str, int, int]] = []
    for number in subject.prose:
        answer = subject.answers[number]
        plain = answer.replace("\u2019", "'")
        if is_refusal(answer):
            found.append((number, 0.85, "declines", 0, min(len(answer), 120)))
        elif match := _EVADES.search(plain[:300]):
            found.append((number, 0.7, "evades the question", *match.span()))
        elif match := _MACHINE.search(plain):
            found.append((number, 0.5, "speaks of being a machine", *match.span()))
    for number, strength, said, start, end in found:
        message = f"the answer {said}: {quoted(subject.answers[number][start:], 70)}."
        yield number, Reason(Sign.REFUSAL, strength, message, subject.last(number), start, end)
