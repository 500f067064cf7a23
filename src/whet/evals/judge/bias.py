"""How a judge's preferences lean: to the place an answer was shown at, and to longer answers.

Each pair is asked in both orders. Only where both orders say the same is there a preference;
where they differ it is a tie, and counted as a flip. A judge that always takes the first answer
thus gives nothing but ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from whet.stats.means import mean_interval
from whet.stats.proportions import wilson
from whet.types import Interval

_SIGN = {"A": 1, "tie": 0, "B": -1}


@dataclass(frozen=True, slots=True)
class PairJudged:
    """One item's answers of arms a and b, judged in both orders.

    `forward` is the verdict with a shown first, `backward` with b shown first: `A` is the first
    shown, `B` the second. None: unscored. `words_a`, `words_b`: the lengths of the answers.
    `same`: both answers are one text; that is a tie which nobody was asked about.
    """

    item: str
    forward: str | None
    backward: str | None
    words_a: int
    words_b: int
    same: bool = False

    @property
    def orders(self) -> tuple[int, int] | None:
        """What each order says: 1 for a, -1 for b, 0 for a tie; None where one is unscored."""
        if self.same:
            return 0, 0
        if self.forward is None or self.backward is None:
            return None
        return _SIGN[self.forward], -_SIGN[self.backward]

    @property
    def preference(self) -> float | None:
        """1 for a, -1 for b, 0 for a tie or where the orders differ; None where unscored."""
        if self.orders is None:
            return None
        first, second = self.orders
        return float(first) if first == second else 0.0

    @property
    def flipped(self) -> bool | None:
        """Whether the two orders differ; None where one is unscored or nothing was asked."""
        if self.orders is None or self.same:
            return None
        return self.orders[0] != self.orders[1]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Words of the answers that were preferred and of those that were not.

    `longer` is the share of decided pairs of unequal length in which the longer one won.
    """

    preferred: float | None
    other: float | None
    longer: Interval | None


def flip_rate(pairs: Sequence[PairJudged], level: float = 0.05) -> Interval | None:
    """Share of the items on which the two orders differ; None where nothing was judged twice."""
    flips = [pair.flipped for pair in pairs if pair.flipped is not None]
    return wilson(sum(flips), len(flips), level) if flips else None


def first_shown_rate(pairs: Sequence[PairJudged], level: float = 0.05) -> Interval | None:
    """Share of the verdicts for the answer shown first, ties counting half: 0.5 leans nowhere."""
    shares = [
        fmean((_SIGN[word] + 1) / 2 for word in (pair.forward, pair.backward) if word)
        for pair in pairs
        if pair.forward is not None and pair.backward is not None
    ]
    return mean_interval(shares, level, bounds=(0.0, 1.0)) if shares else None


def lengths(pairs: Sequence[PairJudged], level: float = 0.05) -> Lengths:
    """How long the preferred answers are beside the others."""
    decided = [pair for pair in pairs if pair.preference]
    won = [p.words_a if (p.preference or 0) > 0 else p.words_b for p in decided]
    lost = [p.words_b if (p.preference or 0) > 0 else p.words_a for p in decided]
    unequal = [(w, o) for w, o in zip(won, lost, strict=True) if w != o]
    longer = sum(w > o for w, o in unequal)
    return Lengths(
        fmean(won) if won else None,
        fmean(lost) if lost else None,
        wilson(longer, len(unequal), level) if unequal else None,
    )


def num_words(text: str) -> int:
    """Length of an answer: what white space parts."""
    return len(text.split())
