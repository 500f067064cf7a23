"""Rows in another language, or written in another script, than the rest.

A text whose language can be told is judged by it. A shorter one, or one in a language that is not
known here, is judged by its words: those of another language stand in no other row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from whet.data.checks.languages import asks_for_language, language_of
from whet.data.suspicion.reason import Found, Reason, Sign, quoted, ramp
from whet.data.suspicion.subject import WORD, Subject

MIN_JUDGED = 20
MAJORITY = 0.8
MIN_WORDS = 4
OWN, ALL_OWN = 0.6, 0.95
"""Share of words that no other row has, at which they begin to count and count in full."""
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
MIN_LETTERS = 4


def tongues(subject: Subject) -> Found:
    """A reason at each row whose answer or question is in another tongue than most of them."""
    sides = [("question", subject.questions)]
    if not subject.labels:
        sides.append(("answer", subject.answers))
    for side, texts in sides:
        accused = dict(_foreign(texts))
        for number, said in accused.items():
            if not asks_for_language(subject.rows[number]):
                yield number, _reason(subject, number, side, 0.85, said)
        for number, strength, said in _unknown_words(texts, subject):
            if number not in accused and not asks_for_language(subject.rows[number]):
                yield number, _reason(subject, number, side, strength, said)


def _reason(subject: Subject, number: int, side: str, strength: float, said: str) -> Reason:
    messages = subject.rows[number].messages
    turn = subject.last(number)
    if side == "question":
        users = [i for i, message in enumerate(messages[:-1]) if message["role"] == "user"]
        turn = users[-1] if users else 0
    text = messages[turn]["content"]
    message = f"the {side} {said}: {quoted(text, 60)}."
    return Reason(Sign.LANGUAGE, strength, message, turn, 0, len(text))


def _foreign(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Texts in another language than most, or in another script than nearly all."""
    known = [language_of(text) for text in texts]
    counts = Counter(name for name in known if name)
    found: dict[int, str] = {}
    if counts.total() >= MIN_JUDGED and counts.most_common(1)[0][1] >= MAJORITY * counts.total():
        main = counts.most_common(1)[0][0]
        for number, name in enumerate(known):
            if name and name != main:
                found[number] = f"is in {name}, most are in {main}"
    scripts = [_latin_share(text) for text in texts]
    judged = [share for share in scripts if share is not None]
    if len(judged) < MIN_JUDGED:
        return sorted(found.items())
    latin = sum(share > 0.5 for share in judged) / len(judged)
    for number, share in enumerate(scripts):
        if share is None or number in found:
            continue
        if (latin >= MAJORITY and share < 0.5) or (latin <= 1 - MAJORITY and share > 0.9):
            found[number] = "is in another script than most"
    return sorted(found.items())


def _latin_share(text: str) -> float | None:
    letters = _LETTER.findall(text[:3000])
    if len(letters) < MIN_LETTERS:
        return None
    return len(_LATIN.findall(text[:3000])) / len(letters)


def _unknown_words(texts: Sequence[str], subject: Subject) -> list[tuple[int, float, str]]:
    """Texts most of whose different words stand in no other row."""
    words = [set(WORD.findall(text.casefold())) for text in texts]
    frequency = Counter(
        word
        for number, row in enumerate(subject.rows)
        for word in set(WORD.findall(" ".join(m["content"] for m in row.messages).casefold()))
    )
    found = []
    for number, own in enumerate(words):
        letters = [word for word in own if word.isalpha()]
        if len(letters) < MIN_WORDS:
            continue
        share = sum(frequency[word] <= 1 for word in letters) / len(letters)
        if share > OWN:
            said = f"has words that no other row has ({share:.0%} of them)"
            found.append((number, 0.7 * ramp(share, OWN, ALL_OWN), said))
    return found
