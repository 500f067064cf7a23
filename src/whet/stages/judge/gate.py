"""The gate `judge`: enough of a candidate's answers are good, by a judge that people agree with."""

from __future__ import annotations

from whet.config import JudgeGate
from whet.evals.gates import Gate, interval_numbers, without_data
from whet.evals.judge.calibration import corrected
from whet.stages.evidence import Evidence
from whet.stats.noninferiority import below, mirrored
from whet.types import Interval, Outcome

NAME = "judge"


def judge_gate(evidence: Evidence, arm: str, settings: JudgeGate, level: float) -> Gate:
    """Whether the share of good answers, without the judge's errors, reaches the floor.

    Inconclusive where the judge is not calibrated: it decides nothing then.
    """
    judged, agreed = evidence.judged, evidence.calibrated
    if judged is None or agreed is None or judged.about.split != evidence.split:
        return without_data(NAME)
    held = agreed.standings["score"]
    if not held.decides:
        told = f"The judge decides nothing yet. {held.why}"
        return Gate(NAME, Outcome.INCONCLUSIVE, told, remedy=held.remedy)
    scores = [score for score in judged.scores(arm).values() if score is not None]
    good = sum(score >= judged.about.passing for score in scores)
    share = corrected(good, len(scores), agreed.agreements["score"], level)
    if share is None:
        told = "The judge is not shown to tell good answers from others."
        return Gate(NAME, Outcome.INCONCLUSIVE, told, remedy="Label more answers, of both kinds.")
    outcome = below(mirrored(share), -settings.floor + 1e-12)
    return Gate(
        NAME,
        outcome,
        _evidence(good, len(scores), share, settings.floor),
        interval_numbers(share) | {"floor": settings.floor},
        remedy=_REMEDIES.get(outcome, ""),
    )


_REMEDIES = {
    Outcome.FAIL: "Read the judge's reasons in judge/judgements.jsonl.",
    Outcome.INCONCLUSIVE: "Judge more items, and label more answers: both narrow the interval.",
}


def _evidence(good: int, n: int, share: Interval, floor: float) -> str:
    return (
        f"The judge calls {good} of {n} answers good; without its errors that is {share.value:.1%}"
        f" (interval {share.low:.1%} to {share.high:.1%}; the lower end has to reach {floor:.1%})."
    )
