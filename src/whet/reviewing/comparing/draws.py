"""Everything that chance decides, from one stored seed by a keyed hash.

Each draw is keyed by what it is for, never by a position in a list, so that one more item or rater
changes nobody else's sides. Nobody without the seed can tell a side from an item or an order.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass

from whet.reviewing.comparing.frozen import Frozen, Item, Pair


@dataclass(frozen=True, slots=True)
class Assignment:
    """One comparison for one rater. `key` is all that a rater ever gets to see of it."""

    key: str
    rater: str
    item: Item
    pair: Pair
    left: str
    right: str
    is_repeat: bool = False


class Draws:
    """The draws of one review."""

    def __init__(self, seed: bytes, frozen: Frozen) -> None:
        self._seed, self._frozen = seed, frozen

    def number(self, *parts: str) -> int:
        """256 bits that depend on these words and on the seed."""
        text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return int.from_bytes(hmac.new(self._seed, text, hashlib.sha256).digest())

    def name(self, *parts: str) -> str:
        """The same as 32 hex digits."""
        return f"{self.number(*parts):064x}"[:32]

    def queue(self, rater: str, raters: Sequence[str]) -> list[Assignment]:
        """What one rater is to judge, in order: every comparison once, some later once more.

        Of several raters those of an item are the first by a hash of both, so that the share of a
        rater who leaves falls to the next ones, and nothing else moves.
        """
        own = [
            (item, pair)
            for item in self._frozen.items
            if rater in self.judges(item, raters)
            for pair in self._frozen.pairs
            if item.answers[pair.a] != item.answers[pair.b]
        ]
        own.sort(key=lambda one: self.number("order", rater, *_words(*one)))
        first = [self._assignment(rater, item, pair, False) for item, pair in own]
        early = own[: max(1, len(own) // 2)] if own else []
        again = sorted(early, key=lambda one: self.number("repeat", rater, *_words(*one)))
        wanted = math.ceil(self._frozen.repeats * len(own) - 1e-9) if len(own) > 1 else 0
        queue = list(first)
        for item, pair in again[:wanted]:
            repeat = self._assignment(rater, item, pair, True)
            late = len(queue) - len(first) // 2
            place = late + self.number("place", repeat.key) % (len(queue) - late + 1)
            queue.insert(place, repeat)
        return queue

    def judges(self, item: Item, raters: Sequence[str]) -> list[str]:
        """The raters of an item."""
        drawn = sorted(raters, key=lambda rater: self.number("judge", item.id, rater))
        return drawn[: self._frozen.votes_per_item]

    def adjudication(self, rater: str, open_cases: Sequence[tuple[Item, Pair]]) -> list[Assignment]:
        """The same comparisons for an adjudicator, on sides of their own."""
        drawn = sorted(open_cases, key=lambda one: self.number("order", rater, *_words(*one)))
        return [self._assignment(rater, item, pair, False) for item, pair in drawn]

    def _assignment(self, rater: str, item: Item, pair: Pair, repeat: bool) -> Assignment:
        words = (rater, *_words(item, pair), "again" if repeat else "once")
        swap = bool(self.number("side", *words) & 1)
        left, right = (pair.b, pair.a) if swap else (pair.a, pair.b)
        return Assignment(self.name("assignment", *words), rater, item, pair, left, right, repeat)


def _words(item: Item, pair: Pair) -> tuple[str, str, str]:
    return item.id, pair.a, pair.b
