"""Stage `verdict`: from stored answers and measurements to the verdict. Needs no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from whet.config import Config
from whet.configfile import read_config
from whet.evals.arms import Arm, ArmKind
from whet.evals.case import JudgedArm, cheapest_first
from whet.evals.compare import Values, arm_table
from whet.evals.gates import GATE_LEVEL, Gate, Waiver, collect, format_gate, latency_gate, waive
from whet.evals.headroom import Stop, StopKind
from whet.evals.regression import forgetting_gate, refusals_gate
from whet.evals.scorers import scorer
from whet.evals.verdict import Verdict, decide_from_scores, without_a_look
from whet.rundir import RunDir, read_json, read_jsonl, write_json
from whet.stages.arms import Sample
from whet.stages.preparing import form, gate_settings
from whet.stats import look_level
from whet.types import Example, Interval

FILE = "verdict.json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on, read from the run folder.

    `scores` are {arm: {metric: one value an item}} on the judged split.
    """

    config: Config
    arms: list[Arm]
    split: str
    samples: Mapping[str, list[Sample]]
    scores: Mapping[str, Mapping[str, Values]]
    groups: list[str | None]
    look: int | None
    stop: Stop | None


def read_evidence(run: RunDir) -> Evidence:
    """What the run folder holds of a finished evaluation.

    Raises:
        RunError: the run did not get so far.
    """
    config = read_config(run.config)
    plan = read_json(run.file("plan.json"))
    arms = [Arm(**{**row, "kind": ArmKind(row["kind"])}) for row in plan["arms_asked"]]
    choices = tuple(plan["decoding"]["choices"])
    split = plan["judged"]
    samples = {
        arm.name: [Sample(**row) for row in read_jsonl(run.samples(arm.name, split))]
        for arm in arms
        if run.samples(arm.name, split).is_file()
    }
    first = next(iter(samples.values()), [])
    scores = {arm: _scores(config, choices, rows) for arm, rows in samples.items()}
    stop = read_json(run.file("choices.json"))["stop"]
    return Evidence(
        config,
        [arm for arm in arms if arm.name in samples],
        split,
        samples,
        scores,
        [sample.group for sample in first],
        run.record().get("look"),
        Stop(StopKind(stop["kind"]), stop["reason"], stop["remedy"]) if stop else None,
    )


def _scores(
    config: Config, choices: tuple[str, ...], samples: Sequence[Sample]
) -> dict[str, Values]:
    metrics = [*config.eval.metrics]
    if config.eval.primary and config.eval.primary not in metrics:
        metrics.insert(0, config.eval.primary)
    asked = form(config, choices)
    found: dict[str, Values] = {}
    for metric in metrics:
        score = scorer(metric, form=asked)
        found[metric] = [score(sample.answer, gold(sample)) for sample in samples]
    return found


def gold(sample: Sample) -> Example:
    """A stored sample as the example that scorers compare with."""
    messages = (
        {"role": "user", "content": sample.question},
        {"role": "assistant", "content": sample.gold},
    )
    return Example(sample.id, messages, sample.source, sample.group)  # type: ignore[arg-type]


def judge(run: RunDir, notes: Sequence[str] = ()) -> Verdict | None:
    """Writes `verdict.json`; None where only validation items were seen."""
    evidence = read_evidence(run)
    gates = _gates(run, evidence)
    found = None if evidence.split == "validation" else _decide(evidence, gates, notes)
    config = evidence.config
    table = arm_table(evidence.scores, groups=evidence.groups)
    shown = found.gates if found else gates
    write_json(
        run.file(FILE),
        {
            "format": 1,
            "verdict": found.to_json() if found else None,
            "arms": {a: {m: _measured(i) for m, i in row.items()} for a, row in table.items()},
            "gates": [gate.to_json() for gate in shown],
            "split": evidence.split,
            "primary": config.eval.primary,
        },
    )
    return found


def _measured(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {key: asdict(interval)[key] for key in ("value", "low", "high", "n")}


def _decide(evidence: Evidence, gates: Sequence[Gate], notes: Sequence[str]) -> Verdict:
    if evidence.look is None:
        assert evidence.stop is not None, "a run without a look says why"
        return without_a_look(evidence.stop, notes)
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
            found = _judged(evidence, arm.name, measured.get(arm.name, {}))
            gates += collect(named, found, arm.name)
    for waiver in run.record().get("waivers", []):
        gates = waive(gates, waiver["gate"], waiver["by"], waiver["reason"])
    return gates


def _judged(evidence: Evidence, arm: str, measured: Mapping[str, Any]) -> dict[str, Gate]:
    settings = evidence.config.gates
    found: dict[str, Gate] = {}
    losses = measured.get("forgetting")
    if losses:
        found["forgetting"] = forgetting_gate(
            losses["before"], losses["after"], margin=settings.forgetting.margin
        )
    refusals = measured.get("refusals")
    if refusals and settings.refusals:
        found["refusals"] = refusals_gate(
            refusals["before"],
            refusals["after"],
            refusals["harmful"],
            margin=settings.refusals.margin,
        )
    samples = evidence.samples[arm]
    if settings.format:
        asked = form(evidence.config, ())
        values = [asked(sample.answer, gold(sample)) for sample in samples]
        found["format"] = format_gate(values, floor=settings.format.floor, level=_level(evidence))
    if settings.latency:
        found["latency"] = latency_gate(
            measured.get("latency", []), p95_ms=settings.latency.p95_ms, level=_level(evidence)
        )
    return found


def _level(evidence: Evidence) -> float:
    """The level at which gates on test answers are read: that of the look."""
    return look_level(evidence.look) if evidence.look is not None else GATE_LEVEL


def strongest(evidence: Evidence, kind: ArmKind) -> str | None:
    """The arm of a kind with the best mean of the primary metric; of equals the cheapest."""
    metric = evidence.config.eval.primary or evidence.config.eval.metrics[0]
    ours = [JudgedArm(arm.name, arm.kind) for arm in evidence.arms if arm.kind is kind]
    names = [arm.name for arm in cheapest_first(ours)]

    def mean(name: str) -> float:
        scored = [value for value in evidence.scores[name][metric] if value is not None]
        return fmean(scored) if scored else -1.0

    return max(names, key=mean, default=None)


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
