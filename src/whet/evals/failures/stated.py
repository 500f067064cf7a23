"""What an answer states that stands nowhere: numbers, addresses and names.

Nowhere means: neither in the right answer nor in anything that the arm was given. So a fact that a
model was taught in training and says by heart counts too: it may be right for another item, or have
been right last season.
"""

from __future__ import annotations

import re

from whet.evals.failures.habits import Habits

_NUMBER = re.compile(r"(?<![\w.])[+-]?\d[\d.,:/]*\d|(?<![\w.])\d")
_LIST_MARK = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\")]+|[\w.+-]+@[\w-]+\.[\w.]+")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")


def invented(answer: str, gold: str, given: str, habits: Habits) -> list[str]:
    """The numbers, addresses and names of an answer that stand nowhere, in their order.

    Names are looked for only where the training answers are in English, as other languages write
    more words with capitals, and only those of which no training answer has a word.
    """
    known = f"{gold}\n{given}"
    numbers = set(_numbers(known))
    found = [number for number in _numbers(answer) if number not in numbers]
    found += [said for said in _ADDRESS.findall(answer) if said not in known]
    if habits.language == "English":
        folded = known.casefold()
        for name in _NAME.findall(answer):
            words = [word.casefold() for word in name.split()]
            if not any(word in folded or word in habits.names for word in words):
                found.append(name)
    return list(dict.fromkeys(found))


def _numbers(text: str) -> list[str]:
    """Numbers as they count: 1,200.00 is 1200, and 7.50 is 7.5."""
    return [_plain(number) for number in _NUMBER.findall(_LIST_MARK.sub(" ", text))]


def _plain(number: str) -> str:
    number = re.sub(r",(?=\d{3}\b)", "", number.lstrip("+"))
    return re.sub(r"\.0+$|(\.\d*?)0+$", r"\1", number)
