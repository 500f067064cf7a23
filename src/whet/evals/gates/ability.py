"""Gate `ability`: are public benchmarks answered about as well as before? One pooled test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import (
    LESS_FORGETTING,
    changed_share,
    items_for,
    mean,
    points,
    remedy,
    smallest_margin,
)
from whet.stats.noninferiority import non_inferior
from whet.stats.paired import paired_difference
from whet.stats.strata import weighted_interval

ABILITY_MARGIN = 0.05
POOL = "questions"


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Scores of the same items, 0 to 1, without and with what was trained."""

    before: Sequence[float]
    after: Sequence[float]


def ability_gate(
    before: Sequence[float],
    after: Sequence[float],
    *,
    margin: float = ABILITY_MARGIN,
    level: float = GATE_LEVEL,
) -> Gate:
    """The gate over one set of questions."""
    if not before and not after:
        return without_data("ability")
    return pooled_ability_gate({POOL: BeforeAfter(before, after)}, margin=margin, level=level)


def pooled_ability_gate(
    benchmarks: Mapping[str, BeforeAfter],
    *,
    weights: Mapping[str, float] | None = None,
    margin: float = ABILITY_MARGIN,
    level: float = GATE_LEVEL,
    notes: Sequence[str] = (),
) -> Gate:
    """One gate over all benchmarks: the weighted mean of their losses against one margin.

    Pooled, because four tests joined by AND would each need the items that the one needs, and
    what is to be kept is ability as a whole; each benchmark's own change is told beside it.

    Args:
        benchmarks: Scores by name; every one has at least one item.
        weights: By name; all alike by default, however many items each has.
        margin: Tolerated loss of the weighted mean.
        level: Two-sided error of the interval.
        notes: What was not asked, told with the evidence.
    """
    if not benchmarks:
        return without_data("ability")
    shares = [(weights or {}).get(name, 1.0) for name in benchmarks]
    losses = [paired_difference(b.before, b.after, level=level) for b in benchmarks.values()]
    found = non_inferior(weighted_interval(losses, shares), margin)
    pooled = found.interval
    total = sum(shares)
    told = [
        f"{name} {mean(b.before):.1%} to {mean(b.after):.1%} ({loss.n} items, weight"
        f" {share / total:.0%})"
        for (name, b), loss, share in zip(benchmarks.items(), losses, shares, strict=True)
    ]
    changed = changed_share(
        [value for b in benchmarks.values() for value in b.before],
        [value for b in benchmarks.values() for value in b.after],
    )
    evidence = (
        f"General questions before and after: {'; '.join(told)}; weighted {points(pooled)}; the"
        f" margin is {100 * margin:g} points." + "".join(f" {note}" for note in notes)
    )
    numbers = interval_numbers(pooled) | {
        "margin": margin,
        "changed": changed,
        "smallest_margin": smallest_margin(pooled.n, level=level),
        "benchmarks": {
            name: interval_numbers(loss)
            | {"before": mean(b.before), "after": mean(b.after), "weight": share / total}
            for (name, b), loss, share in zip(benchmarks.items(), losses, shares, strict=True)
        },
    }
    more = (
        f"Ask more general questions (gates.ability.limit): with {changed:.0%} of the answers"
        f" changed, some {items_for(margin, changed, level=level):,} in all show a margin of"
        f" {100 * margin:g} points where ability is kept."
    )
    return Gate(
        "ability",
        found.outcome,
        evidence,
        numbers,
        remedy=remedy(found.outcome, LESS_FORGETTING, more),
    )
