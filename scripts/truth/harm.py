"""How often harm ships: planted at a gate's margin and at twice it; and how often none passes.

The candidate wins beyond doubt, so that the gates alone decide.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from truth.world import Rng
from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import Comparison
from whet.evals.gates import (
    Gate,
    ability_gate,
    collect,
    forgetting_gate,
    format_gate,
    latency_gate,
    refusals_gate,
)
from whet.evals.verdict import decide

RISES = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "passage_rises.json"
NUM_PASSAGES = 80
MARGIN = 0.05
ARMS = [JudgedArm("prompt", ArmKind.BASELINE, 0.2), JudgedArm("tuned", ArmKind.CANDIDATE, 0.9)]
Measure = Callable[[Rng], dict[str, Gate]]


def gates(rng: Rng, sims: int) -> Iterator[dict[str, Any]]:
    """Each gate without harm, with harm at its margin and at twice it; then all of them."""
    where: dict[str, Any]
    for run in json.loads(RISES.read_text(encoding="utf-8"))["runs"]:
        for harm in (0.0, 0.01, MARGIN, 2 * MARGIN):
            yield _shipped(rng, sims, partial(forgetting, run=run, harm=harm), run=run, harm=harm)
    for n in (100, 200, 400):
        for discordance in (0.01, 0.02, 0.05, 0.1):
            for harm in (0.0, MARGIN, 2 * MARGIN):
                where = {"n": n, "discordance": max(discordance, harm), "harm": harm}
                yield _shipped(rng, sims, partial(refusals, **where), **where)
    for n in (200, 400, 800):
        for harm in (0.0, MARGIN, 2 * MARGIN):
            where = {"n": n, "discordance": 0.15, "harm": harm}
            yield _shipped(rng, sims, partial(ability, **where), **where)
    for n in (80, 160, 500, 1000):
        for wrong in (0.0, 0.01, MARGIN, 2 * MARGIN):
            yield _shipped(rng, sims, partial(form, n=n, wrong=wrong), n=n, harm=wrong)
    for late in (0.0, 0.01, MARGIN, 2 * MARGIN):
        yield _shipped(rng, sims, partial(latency, late=late), n=100, harm=late)
    for n in (100, 200, 400):
        for discordance in (0.01, 0.02, 0.05):
            where = {"n": n, "discordance": discordance}
            measures = (partial(harmless, **where), partial(quiet, **where))
            for name, measure in zip(
                ("harmless", "forgetting and refusals"), measures, strict=True
            ):
                yield _shipped(rng, sims, measure, together=name, **where)


def forgetting(rng: Rng, *, run: str, harm: float) -> dict[str, Gate]:
    """The rises of a real run, drawn again, their mean moved to `harm`."""
    rises = _rises(run)
    drawn = rng.choice(rises, NUM_PASSAGES) + harm
    return {"forgetting": forgetting_gate([3.0] * NUM_PASSAGES, (3.0 + drawn).tolist())}


def refusals(rng: Rng, *, n: int, discordance: float, harm: float) -> dict[str, Gate]:
    """As many harmful as harmless prompts; `harm` of the harmful are no longer refused."""
    counts = (_changed(rng, n, max(discordance, lost), lost) for lost in (harm, 0.0))
    return {"refusals": _refusals(n, *counts)}


@cache
def _refusals(n: int, harmful: tuple[int, int], harmless: tuple[int, int]) -> Gate:
    sides = [_pairs(n, *harmful), _pairs(n, *harmless)]
    before, after = ([one for side in sides for one in side[place]] for place in (0, 1))
    return refusals_gate(before, after, [True] * n + [False] * n, margin=MARGIN)


def ability(rng: Rng, *, n: int, discordance: float, harm: float) -> dict[str, Gate]:
    """General questions, `harm` of them lost."""
    return {"ability": _ability(n, *_changed(rng, n, discordance, harm))}


@cache
def _ability(n: int, wins: int, losses: int) -> Gate:
    return ability_gate(*_pairs(n, wins, losses), margin=MARGIN)


def form(rng: Rng, *, n: int, wrong: float) -> dict[str, Gate]:
    """Answers of which a share is not in form; the floor is 95 %."""
    return {"format": _format(n, int(rng.binomial(n, wrong)))}


@cache
def _format(n: int, wrong: int) -> Gate:
    return format_gate([0.0] * wrong + [1.0] * (n - wrong), level=0.04)


def latency(rng: Rng, *, late: float) -> dict[str, Gate]:
    """100 answers of which a share comes after the bound."""
    seconds = np.where(rng.random(100) < late, 1.5, rng.uniform(0.2, 0.9, 100))
    return {"latency": latency_gate(seconds.tolist(), p95_ms=1000, level=0.04)}


def quiet(rng: Rng, *, n: int, discordance: float) -> dict[str, Gate]:
    """No harm: the spread of a real run, refusals that change as often for the better."""
    calm = forgetting(rng, run="ticket-lines, weaker", harm=0.0)
    return calm | refusals(rng, n=n, discordance=discordance, harm=0.0)


def harmless(rng: Rng, *, n: int, discordance: float) -> dict[str, Gate]:
    """The same, with 500 answers of which one in 100 is out of form, and all in time."""
    more = form(rng, n=500, wrong=0.01) | latency(rng, late=0.0)
    return quiet(rng, n=n, discordance=discordance) | more


def _changed(rng: Rng, n: int, discordance: float, lost: float) -> tuple[int, int]:
    """Answers that became right, and that became wrong; `lost` is the true net share."""
    wins, losses = (discordance - lost) / 2, (discordance + lost) / 2
    drawn = rng.multinomial(n, [wins, losses, 1 - discordance])
    return int(drawn[0]), int(drawn[1])


def _pairs(n: int, wins: int, losses: int) -> tuple[list[float], list[float]]:
    """Right or wrong before and after."""
    same = [1.0] * (n - wins - losses)
    return [*[0.0] * wins, *[1.0] * losses, *same], [*[1.0] * wins, *[0.0] * losses, *same]


@cache
def _rises(run: str) -> list[float]:
    found: list[float] = json.loads(RISES.read_text(encoding="utf-8"))["runs"][run]["centred"]
    return found


def _wins(a: str, b: str, level: float) -> Comparison:
    return Comparison(a, b, "exact_match", 0.7, 0.6, 0.8, level, "tango-skew", 500)


def _shipped(rng: Rng, sims: int, measure: Measure, **where: Any) -> dict[str, Any]:
    """How often the verdict ships, and what the gates say."""
    ships, outcomes = 0, {"pass": 0, "fail": 0, "inconclusive": 0}
    names: list[str] = []
    for _ in range(sims):
        measured = measure(rng)
        names = sorted(measured)
        found = collect(names, {"forgetting": _HELD, **measured}, "tuned")
        required = ["forgetting", *names]
        verdict = decide(ARMS, _wins, margin=0.02, look=1, gates=found, required=required)
        ships += verdict.verdict.value == "ship"
        results = {gate.result.value for gate in measured.values()}
        worst = next(one for one in ("fail", "inconclusive", "pass") if one in results)
        outcomes[worst] += 1
    shares = {name: round(count / sims, 5) for name, count in outcomes.items()}
    row = {"kind": "+".join(names), **where, "sims": sims, "ship": round(ships / sims, 5)}
    return row | {"outcomes": shares}


_HELD = forgetting_gate([3.0] * 3, [3.0] * 3)
