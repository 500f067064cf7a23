"""What a training document is, and the few moves that every skill makes with words.

A document is a list of messages, `{"role": ..., "content": ...}`. Plain text is one message of the
role `text`. Every writer is a function of a `Source`: a random generator plus the side of the split
it may draw from.
"""

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Message = dict[str, str]
Document = list[Message]
T = TypeVar("T")

HELD_OUT_SHARE = 8
"""One item in so many is kept out of training: whole labels, intents, names and wordings, by hash.
"""


def is_held_out(key: str) -> bool:
    """Whether a label, name or wording is held out: a fixed property of its text."""
    return zlib.crc32(key.encode()) % HELD_OUT_SHARE == 0


def seeded(key: str) -> random.Random:
    """The random generator of a key: equal keys give equal text on every machine."""
    return random.Random(key)


@dataclass
class Source:
    """Randomness for one document. `held_out` chooses the side from which `pick_split` draws."""

    rng: random.Random
    held_out: bool = False

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.rng.random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items (or all, if there are fewer), in random order."""
        return self.rng.sample(items, min(count, len(items)))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.rng.randint(low, high)

    def side(self, items: Sequence[T]) -> list[T]:
        """The items on this source's side of the split."""
        return [item for item in items if is_held_out(str(item)) == self.held_out]

    def wording(self, wordings: Sequence[T]) -> T:
        """One of the wordings on this source's side; any of them if none is held out."""
        return self.pick(self.side(wordings) or wordings)

    def pick_split(self, items: Sequence[T]) -> T:
        """One of the items on this source's side of the split."""
        return self.pick(self.side(items))


def system(content: str) -> Message:
    """A system message."""
    return {"role": "system", "content": content}


def user(content: str) -> Message:
    """A user message."""
    return {"role": "user", "content": content}


def assistant(content: str) -> Message:
    """An assistant message."""
    return {"role": "assistant", "content": content}


def text(content: str) -> Document:
    """A document of plain text."""
    return [{"role": "text", "content": content}]


def capital(sentence: str) -> str:
    """The sentence with its first letter in upper case, the rest as it was."""
    return sentence[:1].upper() + sentence[1:]


def articles(sentence: str) -> str:
    """The sentence with `a` or `an` as the next word wants it."""
    return _ARTICLE.sub(
        lambda found: found[1] + ("n " if _VOWEL.match(found[2]) else " ") + found[2], sentence
    )


_ARTICLE = re.compile(r"\b([Aa])n? (\w+)")
_VOWEL = re.compile(r"(?i)(?!eu|uni|use|one|ukul)[aeiou]|hour|honest|heir")
