"""Raters to look at: votes that come too fast, from one side, or that copy or contradict others.

A suspicion is no proof. Results are shown with and without these raters; nothing is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from whet.reviewing.results.agreement import Agreement
from whet.reviewing.results.casts import Cast
from whet.reviewing.server.raters import Role
from whet.stats.proportions import wilson

LEAST_VOTES = 20
FAST_S = 2.0
VOTES_PER_MINUTE = 40
WINDOW = 20
SIDE_LEVEL = 0.001
SAME_SHARE, OTHERS_SHARE, LEAST_COMMON = 0.97, 0.85, 30
LEAST_REPEATS, CONSISTENT_SHARE = 5, 0.5


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a rater's votes deserve a look, in words with the numbers."""

    rater: str
    kind: str
    words: str


def suspicions(cast: Sequence[Cast], found: Agreement) -> list[Suspicion]:
    """All of them, by rater. Raters with fewer than 20 votes are not judged but for repeats."""
    own: dict[str, list[Cast]] = {}
    for one in cast:
        if one.role is Role.RATER:
            own.setdefault(one.rater, []).append(one)
    told: list[Suspicion] = []
    for name in sorted(own):
        if len(own[name]) >= LEAST_VOTES:
            told += [*_fast(name, own[name]), *_one_side(name, own[name])]
    told += _inconsistent(found)
    return told + _copies(own)


def _fast(name: str, votes: Sequence[Cast]) -> list[Suspicion]:
    seconds = [one.seconds for one in votes if one.seconds is not None]
    if seconds and median(seconds) < FAST_S:
        words = f"half of the votes came within {median(seconds):.1f} s"
        return [Suspicion(name, "too_fast", words)]
    times = sorted(one.at for one in votes)
    spans = [b - a for a, b in zip(times, times[WINDOW - 1 :], strict=False)]
    quickest = min(spans, default=None)
    if quickest is not None and 60 * (WINDOW - 1) / max(quickest, 1e-9) > VOTES_PER_MINUTE:
        words = f"{WINDOW} votes came within {quickest:.0f} s"
        return [Suspicion(name, "too_fast", words)]
    return []


def _one_side(name: str, votes: Sequence[Cast]) -> list[Suspicion]:
    """Sides are drawn, so that whoever reads prefers the left half of the time."""
    sides = [one.is_left for one in votes if one.is_left is not None]
    if len(sides) >= LEAST_VOTES:
        share = wilson(sum(sides), len(sides), SIDE_LEVEL)
        assert share.low is not None and share.high is not None
        if share.low > 0.5 or share.high < 0.5:
            side = "left" if share.value > 0.5 else "right"
            most = max(share.value, 1 - share.value)
            words = (
                f"{side} was better in {most:.0%} of {len(sides)} votes, on sides that are drawn"
            )
            return [Suspicion(name, "one_side", words)]
    alike = max((sum(one.choice == c for one in votes), c) for c in {o.choice for o in votes})
    if alike[0] == len(votes):
        words = f"all {len(votes)} votes say {alike[1].replace('_', ' ')}"
        return [Suspicion(name, "one_answer", words)]
    return []


def _inconsistent(found: Agreement) -> list[Suspicion]:
    return [
        Suspicion(
            one.rater,
            "inconsistent",
            f"{one.consistent:.0%} of {one.repeats} comparisons got the same vote the second time",
        )
        for one in found.raters
        if one.consistent is not None
        and one.repeats >= LEAST_REPEATS
        and one.consistent < CONSISTENT_SHARE
    ]


def _copies(own: dict[str, list[Cast]]) -> list[Suspicion]:
    """Two raters who say the very same, strength included, where others do not."""
    said = {
        name: {(one.item, one.pair): one.preference for one in votes if not one.is_repeat}
        for name, votes in own.items()
    }
    shares: dict[tuple[str, str], float] = {}
    for a, b in combinations(sorted(said), 2):
        common = said[a].keys() & said[b].keys()
        if len(common) >= LEAST_COMMON:
            shares[a, b] = sum(said[a][key] == said[b][key] for key in common) / len(common)
    told: list[Suspicion] = []
    for pair, share in shares.items():
        others = [value for other, value in shares.items() if other != pair]
        if share >= SAME_SHARE and others and max(others) < OTHERS_SHARE:
            words = f"votes as {{}} in {share:.0%}, others at most in {max(others):.0%}"
            told += [Suspicion(a, "same_votes", words.format(b)) for a, b in (pair, pair[::-1])]
    return told
