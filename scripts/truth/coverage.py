"""How often the deciding interval, built at 95 %, holds the truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from truth.world import CONTINUOUS, SHAPES, Rng, differences, grouped
from whet.stats.paired import difference_interval
from whet.stats.proportions import paired_score, wilson

LEVEL = 0.05
SIZES = (20, 50, 100, 500)
GAINS = (0.0, 0.02, 0.05, 0.1, 0.2)
DISCORDANCES = (0.05, 0.1, 0.2, 0.4)
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95)
SHARES_OF_SIMS = {20: 1, 50: 5, 100: 5, 500: 20}
"""A bootstrap takes 2 to 20 ms: at these sizes a part of the simulations is made."""
BOOTSTRAPS = ("bca", "bootstrap")


def proportions(rng: Rng, n: int, sims: int) -> Iterator[dict[str, Any]]:
    """Wilson's interval of one arm, over the grid of p."""
    for p in SHARES:
        held = [0, 0, 0]
        for k, times in zip(*np.unique(rng.binomial(n, p, sims), return_counts=True), strict=True):
            found = wilson(int(k), n, LEVEL)
            _count(held, found.low, found.high, p, int(times))
        yield _row("one arm", n, sims, held, p=p)


def pairs(rng: Rng, n: int, sims: int) -> Iterator[dict[str, Any]]:
    """The paired interval of right-or-wrong scores, over gains and discordance."""
    for gain in GAINS:
        for discordance in DISCORDANCES:
            if discordance < gain:
                continue
            wins, losses = (discordance + gain) / 2, (discordance - gain) / 2
            drawn = rng.multinomial(n, [wins, losses, 1 - discordance], size=sims)
            held = [0, 0, 0]
            for (b, c, _), times in zip(*np.unique(drawn, axis=0, return_counts=True), strict=True):
                found = paired_score(int(b), int(c), n, LEVEL)
                _count(held, found.low, found.high, gain, int(times))
            yield _row("pairs", n, sims, held, gain=gain, discordance=discordance)


def graded(rng: Rng, n: int, sims: int) -> Iterator[dict[str, Any]]:
    """The paired interval of graded scores, over shapes."""
    for shape in (*SHAPES, *CONTINUOUS):
        drawn, truth = differences(rng, shape, (sims, n))
        bounds = None if shape == "unbounded" else (-1.0, 1.0)
        held, bad = [0, 0, 0], 0
        for row in drawn.tolist():
            found = difference_interval(row, level=LEVEL, binary=False, bounds=bounds)
            _count(held, found.low, found.high, truth)
            few = n < 30 or sum(value != 0 for value in row) < 10
            bad += few and found.method.startswith(BOOTSTRAPS)
        yield _row("graded", n, sims, held, shape=shape, bootstraps_on_few=bad)


def clustered(rng: Rng, num_groups: int, sims: int) -> Iterator[dict[str, Any]]:
    """The paired interval of right-or-wrong scores in groups of about four items."""
    for wins, losses in ((0.2, 0.1), (0.1, 0.1), (0.08, 0.02)):
        for alike in (0.0, 0.3, 0.8):
            held = [0, 0, 0]
            for _ in range(sims):
                values, groups = grouped(rng, num_groups, alike, wins, losses)
                found = difference_interval(
                    values.tolist(), level=LEVEL, groups=groups.tolist(), bounds=(-1.0, 1.0)
                )
                _count(held, found.low, found.high, wins - losses)
            where = {"wins": wins, "losses": losses, "alike": alike}
            yield _row("clustered", num_groups, sims, held, **where)


def _count(
    held: list[int], low: float | None, high: float | None, truth: float, times: int = 1
) -> None:
    assert low is not None and high is not None
    held[0] += times * (low - 1e-9 <= truth <= high + 1e-9)
    held[1] += times * (low - 1e-9 > truth)
    held[2] += times * (high + 1e-9 < truth)


def _row(kind: str, n: int, sims: int, held: list[int], **where: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "n": n,
        **where,
        "sims": sims,
        "coverage": round(held[0] / sims, 4),
        "too_high": round(held[1] / sims, 4),
        "too_low": round(held[2] / sims, 4),
    }


def all_binary(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """One arm and pairs, at every size."""
    for n in SIZES:
        yield from proportions(rng, n, sims)
        yield from pairs(rng, n, sims)


def all_graded(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Graded scores at every size."""
    for n in SIZES:
        yield from graded(rng, n, sims // SHARES_OF_SIMS[n])


def all_clustered(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Groups of about four, few and many."""
    for num_groups in (15, 30, 100):
        yield from clustered(rng, num_groups, sims)
