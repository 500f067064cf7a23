"""Answers that say hardly anything, or go on far longer than others.

Lengths are compared as logarithms with the median of the set. Where the set holds answers of all
lengths, being short says little by itself.
"""

from __future__ import annotations

import math
import re
from statistics import median

from whet.data.suspicion.reason import Found, Reason, Sign, quoted, ramp
from whet.data.suspicion.subject import Subject

MIN_ROWS = 30
LOW, LOWEST = 2.5, 4.5
"""Deviations below the median at which a short answer begins to count, and counts in full."""
HIGH, HIGHEST = 2.5, 5.0
LEAST_SPREAD = 0.35

_EMPTY = re.compile(
    r"^\W*(?:n/?a|none|nil|null|nothing|ok(?:ay)?|empty|blank"
    r"|no (?:answer|reply|response|comment|idea|input|output)"
    r"|yes|no|sure|done|idk|i (?:don'?t|do not) know|not sure|unknown|unsure|see (?:above|below)"
    r"|(?:same )?as above|same|ditto|tbd|todo|to do|test(?:ing)?|asdf\w*|qwer\w*|xxx+|foo|bar"
    r"|blah.*"
    r"|hm+|hello|hi|thanks?|thank you|will do|noted|answer|response|reply|output|text|string"
    r"|(?:i(?:'ll| will) )?(?:get back to|check|think about)(?: \w+){0,3}|later|pending)\W*$",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|am)\b"
    r"|\b(?:true or false|yes or no|agree)\b|yes/no",
    re.IGNORECASE,
)


def lengths(subject: Subject) -> Found:
    """A reason at each answer that is empty of content, far shorter or far longer than others."""
    sizes = {number: len(subject.answers[number].strip()) for number in subject.prose}
    yield from _hollow(subject)
    if len(sizes) < MIN_ROWS:
        return
    logs = {number: math.log(max(size, 1)) for number, size in sizes.items()}
    middle = median(logs.values())
    spread = max(1.4826 * median(abs(log - middle) for log in logs.values()), LEAST_SPREAD)
    usual = round(math.exp(middle))
    for number, log in logs.items():
        off = (log - middle) / spread
        size, turn = sizes[number], subject.last(number)
        whole = (turn, 0, len(subject.answers[number]))
        if off < -LOW:
            said = (
                f"the answer has {size:,} characters, half of the answers have {usual:,} or more."
            )
            yield number, Reason(Sign.SHORT, 0.4 * ramp(-off, LOW, LOWEST), said, *whole)
        elif off > HIGH:
            said = (
                f"the answer has {size:,} characters, half of the answers have {usual:,} or fewer."
            )
            yield number, Reason(Sign.LONG, 0.5 * ramp(off, HIGH, HIGHEST), said, turn)


def _hollow(subject: Subject) -> Found:
    """Answers that consist of a word or sign that answers nothing."""
    found = [
        number
        for number in subject.prose
        if (answer := subject.answers[number].strip())
        and (not any(sign.isalnum() for sign in answer) or _EMPTY.match(answer))
        and not (_YES_OR_NO.search(subject.questions[number]) and answer[:1].isalpha())
    ]
    for number in found:
        answer = subject.answers[number]
        said = f"the answer is no more than {quoted(answer.strip(), 40)}."
        yield number, Reason(Sign.SHORT, 0.85, said, subject.last(number), 0, len(answer))
