"""What one decision is about: arms by kind, their comparisons, their levels, their gates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.evals.arms import ArmKind
from whet.evals.compare import Compare, Comparison, readable
from whet.evals.gates import Gate, without_data
from whet.stats.looks import look_level
from whet.stats.multiplicity import holm

COST_ORDER = ("prompt", "few_shot", "rag")
"""The baselines whet builds, cheapest first; every other one comes after them."""


@dataclass(frozen=True, slots=True)
class JudgedArm:
    """An arm as the rule sees it.

    `value` is its mean on the primary metric; None where only votes decide.
    """

    name: str
    kind: ArmKind
    value: float | None = None
    uses_rag: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What one decision is about, sorted so that the order of arms cannot matter."""

    candidates: list[JudgedArm]
    baselines: list[JudgedArm]
    controls: list[JudgedArm]
    compare: Compare
    margin: float
    look: int
    levels: Mapping[str, float]
    wins: Mapping[str, bool]
    gates: Mapping[str, list[Gate]]
    best: JudgedArm | None

    @property
    def level(self) -> float:
        return look_level(self.look)

    def pair(self, candidate: JudgedArm, baseline: JudgedArm) -> Comparison:
        """The one interval of a candidate and a baseline."""
        return self.compare(candidate.name, baseline.name, self.levels[candidate.name])

    def binding(self, candidate: JudgedArm) -> Comparison:
        """The comparison that a candidate comes closest to failing, or fails by most."""
        pairs = [self.pair(candidate, baseline) for baseline in self.baselines]
        return min(pairs, key=lambda pair: (lower_end(pair), pair.b))

    def closed(self, candidate: JudgedArm) -> bool:
        """Whether a gain above the margin over the best baseline is ruled out."""
        assert self.best is not None
        pair = self.pair(candidate, self.best)
        return readable(pair) and pair.high is not None and pair.high < self.margin


def build(
    arms: Sequence[JudgedArm],
    compare: Compare,
    margin: float,
    look: int,
    gates: Sequence[Gate],
    required: Sequence[str],
) -> Case:
    """The case of these arms: who wins is settled here, what follows from it is not."""
    named = sorted(arms, key=lambda arm: arm.name)
    candidates = [arm for arm in named if arm.kind is ArmKind.CANDIDATE]
    baselines = cheapest_first([arm for arm in named if arm.kind is ArmKind.BASELINE])
    controls = [arm for arm in named if arm.kind is ArmKind.CONTROL]

    def wins_at(name: str, level: float) -> bool:
        pairs = [compare(name, baseline.name, level) for baseline in baselines]
        return bool(pairs) and all(above(pair, margin) for pair in pairs)

    found = holm([arm.name for arm in candidates], wins_at, look_level(look))
    return Case(
        candidates,
        baselines,
        controls,
        compare,
        margin,
        look,
        {name: decision.level for name, decision in found.items()},
        {name: decision.wins for name, decision in found.items()},
        {arm.name: _all_gates(arm.name, gates, required) for arm in candidates},
        max(baselines, key=value_of, default=None),  # the first of equals is the cheapest
    )


def cheapest_first(baselines: Sequence[JudgedArm]) -> list[JudgedArm]:
    """prompt, few_shot, rag, then the others by name."""
    order = {name: place for place, name in enumerate(COST_ORDER)}
    return sorted(baselines, key=lambda arm: (order.get(arm.name, len(order)), arm.name))


def _all_gates(arm: str, gates: Sequence[Gate], required: Sequence[str]) -> list[Gate]:
    """The gates of one candidate; those that are required and missing are inconclusive."""
    own = [gate for gate in gates if gate.arm == arm]
    missing = sorted(set(required) - {gate.name for gate in own})
    return sorted(own, key=lambda gate: gate.name) + [without_data(name, arm) for name in missing]


def above(pair: Comparison, bound: float) -> bool:
    """Whether the whole interval lies above a bound, and may be read."""
    return lower_end(pair) > bound


def lower_end(pair: Comparison) -> float:
    """The lower end of a comparison; minus infinity where it may not be read."""
    return pair.low if readable(pair) and pair.low is not None else -math.inf


def best_of(arms: Sequence[JudgedArm]) -> JudgedArm:
    """The highest value; of equals the one without retrieval, then the first by name."""
    return min(arms, key=lambda arm: (-value_of(arm), arm.uses_rag, arm.name))


def value_of(arm: JudgedArm) -> float:
    """An arm's mean; 0 for all alike where only votes decide."""
    return arm.value if arm.value is not None else 0.0
