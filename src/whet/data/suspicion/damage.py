"""Damaged text, placeholders and keys, as `whet check` finds them; and text that is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from whet.data.checks.encodings import encoding_damage
from whet.data.checks.placeholders import placeholder
from whet.data.checks.sensitive import sensitive
from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import WORD, Subject
from whet.findings import Finding, Severity
from whet.types import Example

_TURN = re.compile(r"messages\[(\d+)\]")
_VOWEL = re.compile(r"[aeiouyàâäáãåæèéêëìíîïòóôöõøœùúûüýÿ]", re.IGNORECASE)
MIN_WORDS = 3


def damage(subject: Subject) -> Found:
    """A reason at each row with damaged text, placeholders, keys, personal data or gibberish."""
    yield from _checked(subject, Sign.DAMAGE, encoding_damage, lambda _: 0.8)
    yield from _checked(
        subject, Sign.SECRET, sensitive, lambda f: 0.9 if f.severity is Severity.ERROR else 0.5
    )
    yield from _unfilled(subject)
    yield from _gibberish(subject)


def _checked(
    subject: Subject,
    sign: Sign,
    check: Callable[[Sequence[Example]], list[Finding]],
    strength: Callable[[Finding], float],
) -> Found:
    """The findings of a check of single rows, each as a reason at its row."""
    found = [(number, each) for number, row in enumerate(subject.rows) for each in check([row])]
    for number, each in found:
        match = _TURN.match(each.field)
        turn = int(match.group(1)) if match else -1
        side = _side(subject.rows[number], turn)
        message = f"the {side} {each.message}"
        if each.message.startswith(("the text ", "signs ")):
            message = f"in the {side} {each.message}"
        yield number, Reason(sign, strength(each), message, turn)


def _side(row: Example, turn: int) -> str:
    """What a person calls a message."""
    if turn < 0:
        return "row"
    names = {"system": "system message", "user": "question", "tool": "tool's result"}
    return names.get(row.messages[turn]["role"], "answer")


def _unfilled(subject: Subject) -> Found:
    found = []
    for number in range(len(subject.rows)):
        answer = subject.answers[number]
        text = placeholder(answer)
        if text and text not in subject.asked[number]:
            found.append((number, text))
    for number, text in found:
        start = subject.answers[number].index(text)
        message = f"the answer holds {quoted(text)}, which was never filled in."
        place = (subject.last(number), start, start + len(text))
        yield number, Reason(Sign.PLACEHOLDER, 0.9, message, *place)


def _gibberish(subject: Subject) -> Found:
    """Questions and answers whose words have no vowels or stand nowhere else, or that have none."""
    for number, row in enumerate(subject.rows):
        for turn, message in enumerate(row.messages):
            text = message["content"]
            if message["role"] == "user" and text.strip() and not _wordy(text):
                said = f"the question has no word in it: {quoted(text, 40)}."
                yield number, Reason(Sign.DAMAGE, 0.6, said, turn, 0, len(text))
            words = [word for word in WORD.findall(text) if word.isalpha() and word.isascii()]
            odd = [word for word in words if len(word) > MIN_WORDS and not _VOWEL.search(word)]
            if len(words) >= MIN_WORDS and len(odd) > len(words) / 3:
                said = f"the {_side(row, turn)} is hardly words: {quoted(text, 50)}."
                yield number, Reason(Sign.DAMAGE, 0.7, said, turn, 0, len(text))


def _wordy(text: str) -> bool:
    return any(sign.isalpha() for sign in text) or any(sign.isdigit() for sign in text)
