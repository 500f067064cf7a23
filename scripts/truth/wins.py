"""How often a candidate ships: without a gain, at the margin, at what `check` announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from truth.judged import CANDIDATES, passed, project_verdicts, verdicts
from truth.world import SHAPES, Other, Project, Rng, answers, differences
from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.verdict import decide_from_scores
from whet.stats import look_level, smallest_gain

MARGIN = 0.02
SIZES = (80, 160, 500, 1000)
DISCORDANCES = (0.05, 0.1, 0.2, 0.4)
SHIPS = ("ship", "ship_with_rag")
POOLS = {"equal": (0.0, 0.0, 0.0), "best of three": (0.0, -0.01, -0.03)}
TRIES = 5
LARGE = 500
"""From so many items on graded simulations are slow, and half as many are made."""


def nulls(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Two candidates without a gain, or with one of just the margin, after all selection.

    `equal` versions are the hardest truth: whichever is chosen has the gain in full.
    """
    for n in SIZES:
        for discordance in DISCORDANCES:
            for gain in (0.0, MARGIN):
                found = project_verdicts(
                    *(rng, Project(), n, sims),
                    gain=gain,
                    discordance=discordance,
                    margin=MARGIN,
                    rag_gain=gain,
                )
                yield _row("null", found, n=n, discordance=discordance, gain=gain, versions="equal")
    for n in SIZES:
        found = project_verdicts(
            *(rng, Project(versions=POOLS["best of three"]), n, sims),
            gain=MARGIN,
            discordance=0.2,
            margin=MARGIN,
            rag_gain=MARGIN,
        )
        where = {"n": n, "discordance": 0.2, "gain": MARGIN, "versions": "best of three"}
        yield _row("null", found, **where)
    yield from _alone(rng, sims)


def _alone(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """One candidate against one baseline: nothing else stands in the way of a false win."""
    for n in SIZES:
        for discordance in DISCORDANCES:
            for margin in (0.0, MARGIN):
                arms = [Other(margin, max(discordance, margin))]
                counts, right = answers(rng, n, sims, 0.55, arms)
                found = verdicts(counts, right, ("prompt", "tuned"), margin=margin)
                where = {"n": n, "discordance": discordance, "gain": margin, "margin": margin}
                yield _row("null, alone", found, **where)


def candidates(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Two candidates with a gain of just the margin over one baseline: only Holm holds them."""
    for n in (80, 500):
        for discordance in (0.1, 0.4):
            arms = [Other(MARGIN, discordance)] * 2
            counts, right = answers(rng, n, sims, 0.55, arms)
            found = verdicts(counts, right, ("prompt", *CANDIDATES), margin=MARGIN)
            yield _row("two candidates", found, n=n, discordance=discordance, gain=MARGIN)


def announced(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """A candidate with exactly the gain over the best baseline that `check` announces.

    `behind` is how far the other baselines stand behind the best one. With retrieval there are
    three baselines, and a second candidate without a gain shares the level. Here the candidate is
    the anchor: it differs from each baseline on just the share of items that was assumed.
    """
    for n in SIZES:
        for discordance in DISCORDANCES:
            for rag in (False, True):
                for behind in (0.2, 0.03, 0.0):
                    yield _announced(rng, sims, n, discordance, rag, behind)


def _announced(
    rng: Rng, sims: int, n: int, discordance: float, rag: bool, behind: float
) -> dict[str, Any]:
    names = ("tuned", "prompt", "few_shot", *(("rag", "tuned_rag") if rag else ()))
    gain = smallest_gain(
        n,
        margin=MARGIN,
        level=look_level(1) / (2 if rag else 1),
        discordance=discordance,
        num_baselines=3 if rag else 2,
    )
    assert gain is not None
    gaps = [-gain, *[-gain - behind] * (2 if rag else 1), *([-gain] if rag else [])]
    arms = [Other(gap, max(discordance, -gap)) for gap in gaps]
    counts, right = answers(rng, n, sims, 0.6, arms)
    found = verdicts(counts, right, names, margin=MARGIN)
    where = {"n": n, "discordance": discordance, "rag": rag, "behind": behind}
    return _row("announced", found, **where, gain=round(gain, 4))


def graded_nulls(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """A graded metric whose true gain is just the margin, by the shape of the differences."""
    arms = [JudgedArm("prompt", ArmKind.BASELINE), JudgedArm("tuned", ArmKind.CANDIDATE)]
    gates = passed(CANDIDATES[:1])
    for n in (40, 80, 160, 500):
        for shape in (*SHAPES, "even", "skewed", "two betas"):
            drawn, truth = differences(rng, shape, (sims if n < LARGE else sims // 2, n))
            found: Counter[str] = Counter()
            for row in drawn.tolist():
                # Scores from 0 to 1 whose difference is the one that was drawn.
                scores = {
                    "prompt": [max(0.0, -value) for value in row],
                    "tuned": [max(0.0, value) for value in row],
                }
                verdict = decide_from_scores(
                    arms, scores, metric="f1", margin=truth, look=1, gates=gates
                )
                found[verdict.verdict.value] += 1
            yield _row("graded null", found, n=n, shape=shape, gain=round(truth, 4))


def looks(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Five candidates one after another on the same items, none with a gain above the margin."""
    spent = [look_level(k + 1) / 2 for k in range(TRIES)]
    for n in SIZES:
        for discordance in (0.1, 0.3):
            for gain in (0.0, MARGIN):
                arms = [Other(gain, discordance)] * TRIES
                counts, right = answers(rng, n, sims, 0.55, arms)
                by_try = [_shipped(counts, right, k + 1, gain) for k in range(TRIES)]
                ever = np.logical_or.reduce(by_try)
                yield {
                    "kind": "five looks",
                    "n": n,
                    "discordance": discordance,
                    "gain": gain,
                    "margin": gain,
                    "sims": sims,
                    "ship_by_try": [round(float(one.mean()), 5) for one in by_try],
                    "may_spend": spent,
                    "ship": round(float(ever.mean()), 5),
                }


def _shipped(counts: Any, right: Any, place: int, margin: float) -> Any:
    """Which of the simulations ship the candidate at `place`, judged at look `place`."""
    keys = np.stack([counts @ (right[:, place] > right[:, 0]),
                     counts @ (right[:, place] < right[:, 0])], axis=1)  # fmt: skip
    rows, back = np.unique(keys, axis=0, return_inverse=True)
    n = int(counts[0].sum())
    both = np.array([[1, 0], [0, 1], [0, 0]])
    ships = []
    for wins, losses in rows.tolist():
        one = np.array([[wins, losses, n - wins - losses]])
        found = verdicts(one, both, ("tuned", "prompt"), margin=margin, look=place)
        ships.append(found["ship"] == 1)
    return np.array(ships)[back.ravel()]


def _row(kind: str, found: Counter[str], **where: Any) -> dict[str, Any]:
    sims = sum(found.values())
    shares = {name: round(count / sims, 5) for name, count in sorted(found.items())}
    ship = round(sum(found[name] for name in SHIPS) / sims, 5)
    return {"kind": kind, **where, "sims": sims, "ship": ship, "verdicts": shares}
