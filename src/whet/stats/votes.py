"""Blind votes: who is preferred, by how much, and how many votes it takes to see it.

A vote is for a (+1), for b (-1) or a tie (0). Two numbers are read from them:

    net preference   (votes for a - votes for b) / all; the verdict decides by its interval
    win rate         votes for a, a tie counting half: (1 + net preference) / 2

The sign test asks whether a or b is preferred where they differ at all; it leaves ties out, so it
says nothing about how much is gained over all items. Both "bad" votes are ties here, and are to be
told apart before: two bad answers are not two good ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from whet.stats.clusters import Groups
from whet.stats.paired import difference_interval
from whet.types import Interval

MOST_VOTES = 10_000_000


@dataclass(frozen=True, slots=True)
class SignTest:
    """An exact sign test: how often a split at least this uneven comes by chance alone."""

    wins: int
    losses: int
    ties: int
    p_value: float

    @property
    def tie_rate(self) -> float:
        total = self.wins + self.losses + self.ties
        return self.ties / total if total else 0.0


def sign_test(votes: Sequence[float]) -> SignTest:
    """The exact two-sided sign test of votes; ties are counted and left out.

    An item with several votes is handed in as their mean: its sign is its vote.
    """
    from scipy.special import bdtr

    wins, losses = sum(vote > 0 for vote in votes), sum(vote < 0 for vote in votes)
    decided = wins + losses
    tail = float(bdtr(min(wins, losses), decided, 0.5)) if decided else 1.0
    return SignTest(wins, losses, len(votes) - decided, min(1.0, 2 * tail))


def win_rate(votes: Sequence[float], level: float = 0.05, *, groups: Groups = None) -> Interval:
    """The share won by a, ties counting half, with the interval of the paired difference.

    Args:
        votes: One value an item, from -1 to 1; the mean of its votes where it has several.
        level: Two-sided error.
        groups: The group of each item.
    """
    found = difference_interval(list(votes), level=level, groups=groups, bounds=(-1.0, 1.0))
    assert found.low is not None and found.high is not None, "votes have bounds"
    rate, low, high = ((1 + end) / 2 for end in (found.value, found.low, found.high))
    return Interval(rate, low, high, found.n, level, found.method)


def sign_test_power(n: int, share: float, level: float = 0.05) -> float:
    """The chance that the exact two-sided sign test sees a true `share` in n votes without ties.

    50 votes see 70 to 30 in 78 of 100 cases, and 60 to 40 in 24.
    """
    from scipy.special import bdtr, bdtrc

    # At most `rare` votes for the rarer side come by chance with probability level / 2.
    rare = bisect_right(range(n // 2 + 1), level / 2, key=lambda k: float(bdtr(k, n, 0.5))) - 1
    if rare < 0:
        return 0.0
    return float(bdtrc(n - rare - 1, n, share) + bdtr(rare, n, share))


def sign_test_votes(share: float, level: float = 0.05, chance: float = 0.9) -> int | None:
    """The fewest votes without ties of which the sign test sees a `share` with `chance`.

    Found by doubling and halving; power climbs in a saw, and the count is right to within a tooth
    of it. None where more than ten million would be needed. With a tie rate t, ask for 1 / (1 - t)
    times as many.
    """

    def seen(n: int) -> bool:
        return sign_test_power(n, share, level) >= chance

    low, high = 0, 1
    while not seen(high):
        low, high = high, high * 2
        if high > MOST_VOTES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high
