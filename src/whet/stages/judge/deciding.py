"""Verdicts that rest on a judge: `primary: judge`, or `primary: preference` by the judge.

An uncalibrated judge decides nothing: the verdict is then inconclusive, and says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import Compare, by_scores, by_votes
from whet.evals.gates import Gate
from whet.evals.verdict import Verdict, VerdictKind, decide
from whet.rundir import RunDir
from whet.stages.evidence import Evidence
from whet.stages.judge.stored import Judged, Values
from whet.stages.terms import JUDGE, PREFERENCE, gate_settings

NOT_JUDGED = "The judge decides here, and it has judged none of these answers."


def decides_by_judge(evidence: Evidence) -> bool:
    """Whether the project's primary metric is a judge's."""
    asked = evidence.config.eval
    return asked.primary == JUDGE or (
        asked.primary == PREFERENCE and asked.preference_from == "judge"
    )


def decide_by_judge(
    run: RunDir, evidence: Evidence, gates: Sequence[Gate], notes: Sequence[str]
) -> Verdict:
    """The verdict on the items that were drawn for the judge, if it may decide."""
    judged, agreed = evidence.judged, evidence.calibrated
    if judged is None or agreed is None or judged.about.split != evidence.split:
        return _open([NOT_JUDGED, *notes], "Name a judge under judge: and answer again.", gates)
    kind = "score" if evidence.config.eval.primary == JUDGE else "pairwise"
    held = agreed.standings[kind]
    if not held.decides:
        told = f"The judge decides nothing yet. {held.why}"
        remedy = f"{held.remedy} Then: whet verdict {run.path}"
        return _open([told, *notes], remedy, gates)
    drawn = set(judged.about.items)
    evidence = evidence.without([s.source for s in evidence.items if s.id not in drawn])
    ids = [sample.id for sample in evidence.items]
    arms = [arm for arm in evidence.arms if arm.kind is not ArmKind.CONTROL]
    values, compare = (_by_score if kind == "score" else _by_preference)(judged, evidence, ids)
    assert evidence.look is not None, "asked for only after a look"
    return decide(
        [JudgedArm(arm.name, arm.kind, values[arm.name], arm.uses_rag) for arm in arms],
        compare,
        margin=evidence.config.eval.margin,
        look=evidence.look,
        gates=gates,
        required=["forgetting", *gate_settings(evidence.config)],
        stop=evidence.stop,
        notes=[f"A model judged: {judged.about.model}. {held.why}", *notes],
    )


def _open(told: list[str], remedy: str, gates: Sequence[Gate]) -> Verdict:
    return Verdict(VerdictKind.INCONCLUSIVE, None, None, told, remedy, [], list(gates))


_Found = tuple[Mapping[str, float | None], Compare]


def _by_score(judged: Judged, evidence: Evidence, ids: Sequence[str]) -> _Found:
    scores = {arm.name: judged.values(arm.name, ids) for arm in evidence.arms}
    return {arm: _mean(values) for arm, values in scores.items()}, by_scores(
        scores, JUDGE, evidence.groups, ids
    )


def _by_preference(judged: Judged, evidence: Evidence, ids: Sequence[str]) -> _Found:
    """An arm's value is its mean preference over the arms that it was compared with."""
    found = judged.preferences(ids)
    sides: dict[str, list[float]] = {arm.name: [] for arm in evidence.arms}
    for (a, b), values in found.items():
        mean = _mean(values)
        if mean is not None:
            sides[a].append(mean)
            sides[b].append(-mean)
    means = {arm: fmean(sides[arm]) if sides[arm] else None for arm in sides}
    return means, by_votes(found, PREFERENCE, evidence.groups, ids, faults=True)


def _mean(values: Values) -> float | None:
    scored = [value for value in values if value is not None]
    return fmean(scored) if scored else None
