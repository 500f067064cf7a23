"""Stage `verdict`: from stored answers and measurements to the verdict. Needs no model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import Comparison, arm_table
from whet.evals.gates import Curves, Gate, Waiver, collect, waive, with_waiver
from whet.evals.verdict import Verdict, decide_from_scores, without_a_look
from whet.rundir import RunDir, read_json, write_json
from whet.stages.evidence import Evidence, read_evidence
from whet.stages.gates.judged import GateCase, judged_gates
from whet.stages.judge.deciding import decide_by_judge, decides_by_judge
from whet.stages.people.deciding import decide_by_votes, decides_by_votes, judge_by_people
from whet.stages.terms import gate_settings
from whet.types import Interval

FILE = "verdict.json"


def judge(run: RunDir, notes: Sequence[str] = ()) -> Verdict | None:
    """Writes `verdict.json`; None where only validation items were seen."""
    evidence = read_evidence(run)
    gates = _gates(run, evidence)
    found = None if evidence.split == "validation" else _decide(run, evidence, gates, notes)
    apart = None
    if found is not None and evidence.look is not None:
        touched = read_json(run.file("data/check.json")).get("touched", [])
        apart, told = _untouched(run, evidence, found, gates, touched)
        found = replace(found, reasons=[*found.reasons, *told])
    shown = found.gates if found else gates
    write_json(
        run.file(FILE),
        {
            "format": 1,
            "verdict": found.to_json() if found else None,
            "arms": measured_arms(evidence),
            "gates": [gate.to_json() for gate in shown],
            "split": evidence.split,
            "primary": evidence.config.eval.primary,
            "untouched": apart,
        },
    )
    return found


def _untouched(
    run: RunDir,
    evidence: Evidence,
    found: Verdict,
    gates: Sequence[Gate],
    touched: Collection[str],
) -> tuple[dict[str, Any] | None, list[str]]:
    """The scores on the items that no training row touches, and a sentence where they matter.

    None where no judged item is touched. The verdict stays on all items; gates stay as they are.
    """
    clean = evidence.without(touched)
    num_touched = len(evidence.items) - len(clean.items)
    if not num_touched:
        return None, []
    apart = {"items": len(clean.items), "touched": num_touched, "verdict": None}
    if not clean.items:
        told = f"Training rows touch all {num_touched} test items: none is left to judge alone."
        return apart | {"arms": {}, "comparisons": []}, [told]
    again = _decide(run, clean, gates, ())
    measured = {"arms": measured_arms(clean), "comparisons": compared(again)}
    told = (
        f"On the {len(clean.items)} test items that no training row touches ({num_touched} are"
        f" touched) the verdict would be {again.verdict.value}: {again.reasons[0]}"
    )
    told_where = [told] if again.verdict is not found.verdict else []
    return apart | measured | {"verdict": again.verdict.value}, told_where


def measured_arms(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Every arm and metric that has a score, for the report."""
    table = arm_table(evidence.scores, groups=evidence.groups, ids=evidence.ids)
    return {
        arm: {metric: _measured(value) for metric, value in metrics.items() if value}
        for arm, metrics in table.items()
    }


def compared(verdict: Verdict | None) -> list[dict[str, Any]]:
    """The comparisons of a verdict that found something, for the report."""
    keys = ("a", "b", "metric", "difference", "low", "high", "level", "method")
    found: Sequence[Comparison] = verdict.comparisons if verdict else []
    return [
        {key: getattr(pair, key) for key in keys} for pair in found if pair.difference is not None
    ]


def _measured(interval: Interval) -> dict[str, Any]:
    return {key: asdict(interval)[key] for key in ("value", "low", "high", "n")}


def _decide(
    run: RunDir, evidence: Evidence, gates: Sequence[Gate], notes: Sequence[str]
) -> Verdict:
    if evidence.look is None:
        assert evidence.stop is not None, "a run without a look says why"
        return without_a_look(evidence.stop, notes)
    if decides_by_judge(evidence):
        return decide_by_judge(run, evidence, gates, notes)
    if decides_by_votes(evidence):
        return decide_by_votes(run, evidence, gates, notes)
    primary = evidence.config.eval.primary
    assert primary is not None, "the plan requires it"
    return decide_from_scores(
        [JudgedArm(arm.name, arm.kind, uses_rag=arm.uses_rag) for arm in evidence.arms],
        {name: metrics[primary] for name, metrics in evidence.scores.items()},
        metric=primary,
        margin=evidence.config.eval.margin,
        look=evidence.look,
        gates=gates,
        groups=evidence.groups,
        ids=evidence.ids,
        required=["forgetting", *gate_settings(evidence.config)],
        stop=evidence.stop,
        notes=notes,
    )


def _gates(run: RunDir, evidence: Evidence) -> list[Gate]:
    """Every gate of every candidate, with the waivers that people recorded."""
    measured = read_json(run.file("gates.json"))
    named = gate_settings(evidence.config)
    gates: list[Gate] = []
    for arm in evidence.arms:
        if arm.kind is ArmKind.CANDIDATE:
            case = GateCase(evidence, arm.name, measured.get(arm.name, {}), _curves(run))
            found = judged_gates(case)
            asked = evidence.config.gates
            if asked.human:
                found["human"] = judge_by_people(run, evidence, arm.name, asked.human, case.level)
            gates += collect(named, found, arm.name)
    for waiver in run.record().get("waivers", []):
        gates = with_waiver(gates, waiver["gate"], Waiver(waiver["by"], waiver["reason"]))
    return gates


def _curves(run: RunDir) -> Curves | None:
    """What the chosen seed's training measured; None where nothing was trained in this run."""
    if not run.file("training.json").is_file():
        return None
    seeds = read_json(run.file("training.json"))["seeds"]
    chosen = next(seed for seed in seeds if seed["chosen"])
    validation = [(step, loss) for step, loss in chosen["validation_losses"]]
    return Curves(chosen["losses"], validation, chosen["stopped_early"])


def record_waivers(run: RunDir, waivers: Mapping[str, Waiver]) -> None:
    """Adds waivers to `run.json`, where nothing removes them.

    Raises:
        ConfigError: there is no such gate, it is not inconclusive, or name or reason is missing.
    """
    gates = _gates(run, read_evidence(run))
    for name, waiver in waivers.items():
        gates = waive(gates, name, waiver.by, waiver.reason)
    kept = run.record().get("waivers", [])
    added = [{"gate": n, "by": w.by, "reason": w.reason} for n, w in waivers.items()]
    run.note(waivers=[*kept, *added])
