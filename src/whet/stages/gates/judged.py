"""From measurements and stored answers to gates, one function a gate. Needs no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from whet.config import GatesConfig
from whet.evals.arms import ArmKind
from whet.evals.gates import (
    GATE_LEVEL,
    BeforeAfter,
    Curves,
    Gate,
    convergence_gate,
    forgetting_gate,
    format_gate,
    general_gate,
    hallucination_gate,
    latency_gate,
    pooled_ability_gate,
    refusals_gate,
    slices_gate,
)
from whet.evals.scorers import leading
from whet.evals.slices import slice_table, slice_values
from whet.stages.evidence import Evidence, strongest
from whet.stages.judge.gate import judge_gate
from whet.stages.terms import form
from whet.stats import look_level
from whet.stats.noninferiority import mirrored


@dataclass(frozen=True, slots=True)
class GateCase:
    """One candidate: the run's evidence, what was measured of it, and how it was trained."""

    evidence: Evidence
    arm: str
    measured: Mapping[str, Any]
    curves: Curves | None

    @property
    def settings(self) -> GatesConfig:
        return self.evidence.config.gates

    @property
    def level(self) -> float:
        """The level at which gates on test answers are read: that of the look."""
        look = self.evidence.look
        return look_level(look) if look is not None else GATE_LEVEL


def judged_gates(case: GateCase) -> dict[str, Gate]:
    """The gates that there is something to judge by, by name."""
    found = {name: judge(case) for name, judge in _JUDGES.items()}
    return {name: gate for name, gate in found.items() if gate is not None}


def _forgetting(case: GateCase) -> Gate | None:
    losses = case.measured.get("forgetting")
    if not losses:
        return None
    return forgetting_gate(
        losses["before"], losses["after"], margin=case.settings.forgetting.margin
    )


def _ability(case: GateCase) -> Gate | None:
    told, gate = case.measured.get("ability"), case.settings.ability
    if not told or gate is None:
        return None
    notes = list(told["notes"])
    if code := told["code"]:
        notes.append(
            f"HumanEval, reported only: {fmean(code['before']):.1%} to {fmean(code['after']):.1%}"
            f" of {len(code['before'])} problems solved."
        )
    benchmarks = {
        name: BeforeAfter(scores["before"], scores["after"])
        for name, scores in told["benchmarks"].items()
    }
    weights = {str(name): weight for name, weight in gate.weights.items()}
    return pooled_ability_gate(benchmarks, weights=weights, margin=gate.margin, notes=notes)


def _general(case: GateCase) -> Gate | None:
    told, gate = case.measured.get("general"), case.settings.general
    if not told or gate is None:
        return None
    return general_gate(
        told["before"],
        told["after"],
        metric=told["metric"],
        margin=gate.margin,
        groups=told["groups"],
    )


def _refusals(case: GateCase) -> Gate | None:
    told, gate = case.measured.get("refusals"), case.settings.refusals
    if not told or gate is None:
        return None
    return refusals_gate(told["before"], told["after"], told["harmful"], margin=gate.margin)


def _hallucination(case: GateCase) -> Gate | None:
    gate, scores = case.settings.hallucination, case.evidence.scores
    baseline = _baseline(case)
    if gate is None or baseline is None:
        return None
    before, after = scores[baseline].get(gate.metric), scores[case.arm].get(gate.metric)
    if before is None or after is None:
        return None
    return hallucination_gate(
        [None if value is None else 1 - value for value in before],
        [None if value is None else 1 - value for value in after],
        baseline=baseline,
        margin=gate.margin,
        level=case.level,
        groups=case.evidence.groups,
        ids=case.evidence.ids,
    )


def _slices(case: GateCase) -> Gate | None:
    gate, settings, baseline = case.settings.slices, case.evidence.config.eval, _baseline(case)
    if gate is None or baseline is None or not (settings.slices or settings.slice_rules):
        return None
    metric = leading(settings)
    items = [sample.example for sample in case.evidence.items]
    table = slice_table(
        {arm: metrics[metric] for arm, metrics in case.evidence.scores.items()},
        slice_values(items, settings.slices, settings.slice_rules),
        metric=metric,
        pair=(case.arm, baseline),
        level=case.level,
        groups=case.evidence.groups,
        ids=case.evidence.ids,
    )
    found = {row.name: row.comparison.interval for row in table.compared if row.comparison}
    losses = {name: mirrored(gain) for name, gain in found.items() if gain is not None}
    left_out = len(table.rows) - len(losses)
    return slices_gate(losses, baseline=baseline, margin=gate.margin, num_left_out=left_out)


def _baseline(case: GateCase) -> str | None:
    return strongest(case.evidence, ArmKind.BASELINE)


def _convergence(case: GateCase) -> Gate | None:
    gate = case.settings.convergence
    if gate is None or case.curves is None:
        return None
    return convergence_gate(case.curves, max_skipped=gate.max_skipped, steep=gate.steep)


def _format(case: GateCase) -> Gate | None:
    gate = case.settings.format
    if gate is None:
        return None
    asked = form(case.evidence.config, ())
    samples = case.evidence.samples[case.arm]
    values = [asked(sample.answer, sample.example) for sample in samples]
    rows = case.evidence
    return format_gate(values, floor=gate.floor, level=case.level, groups=rows.groups, ids=rows.ids)


def _latency(case: GateCase) -> Gate | None:
    gate = case.settings.latency
    if gate is None:
        return None
    seconds = case.measured.get("latency", [])
    return latency_gate(seconds, p95_ms=gate.p95_ms, level=case.level)


def _judge(case: GateCase) -> Gate | None:
    gate = case.settings.judge
    return judge_gate(case.evidence, case.arm, gate, case.level) if gate is not None else None


_JUDGES: dict[str, Callable[[GateCase], Gate | None]] = {
    "forgetting": _forgetting,
    "ability": _ability,
    "general": _general,
    "refusals": _refusals,
    "hallucination": _hallucination,
    "convergence": _convergence,
    "slices": _slices,
    "format": _format,
    "latency": _latency,
    "judge": _judge,
}
