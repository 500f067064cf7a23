"""The gate `judge`: enough of a candidate's answers are good, by a judge that people agree with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from whet.config import JudgeGate
from whet.evals.compare import MAX_UNSCORED
from whet.evals.gates import Gate, interval_numbers, without_data
from whet.evals.judge.calibration import Agreement, corrected
from whet.stages.evidence import Evidence
from whet.stats.noninferiority import below, mirrored
from whet.stats.shares import effective
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
    found = judged.scores(arm)
    groups = dict(zip(evidence.ids, evidence.groups, strict=True))
    shares = _shares(found, groups, judged.about.passing, agreed.agreements["score"], level)
    if shares is None:
        told = "The judge is not shown to tell good answers from others."
        return Gate(NAME, Outcome.INCONCLUSIVE, told, remedy="Label more answers, of both kinds.")
    unscored = sum(score is None for score in found.values())
    outcome = below(mirrored(shares), -settings.floor + 1e-12)
    if unscored > MAX_UNSCORED * len(found):
        outcome = Outcome.INCONCLUSIVE
    good = sum(score is not None and score >= judged.about.passing for score in found.values())
    return Gate(
        NAME,
        outcome,
        _evidence(good, len(found), unscored, shares, settings.floor),
        interval_numbers(shares) | {"floor": settings.floor, "unscored": unscored},
        remedy=_REMEDIES.get(outcome, ""),
    )


def _shares(
    found: Mapping[str, int | None],
    groups: Mapping[str, str | None],
    passing: int,
    agreed: Agreement | None,
    level: float,
) -> Interval | None:
    """The corrected share of good answers; unscored ones are bad at its lower end, good at its
    upper one.
    """
    known = [item for item, score in found.items() if score is not None]

    def share(items: Sequence[str], unscored: float) -> Interval | None:
        scores = [found[item] for item in items]
        values = [unscored if s is None else float(s >= passing) for s in scores]
        counts = effective(values, level, [groups.get(item) for item in items])
        return corrected(counts.positives, counts.n, agreed, counts.level)

    if not known:
        return None
    ends = [share(known, 0.0), share(list(found), 0.0), share(list(found), 1.0)]
    lows = [end.low for end in ends if end is not None and end.low is not None]
    highs = [end.high for end in ends if end is not None and end.high is not None]
    if ends[0] is None or len(lows) < len(ends) or len(highs) < len(ends):
        return None
    return replace(ends[0], low=min(lows), high=max(highs), n=len(known), level=level)


_REMEDIES = {
    Outcome.FAIL: "Read the judge's reasons in judge/judgements.jsonl.",
    Outcome.INCONCLUSIVE: "Judge more items, and label more answers: both narrow the interval.",
}


def _evidence(good: int, n: int, unscored: int, share: Interval, floor: float) -> str:
    told = (
        f"The judge calls {good} of {n - unscored} answers good; without its errors that is"
        f" {share.value:.1%} (interval {share.low:.1%} to {share.high:.1%}; the lower end has to"
        f" reach {floor:.1%})."
    )
    if not unscored:
        return told
    held = "bad at the lower end, good at the upper one"
    if unscored > MAX_UNSCORED * n:
        held = f"more than {MAX_UNSCORED:.0%}, so that this stays open"
    return f"{told} {unscored} of {n} have no verdict: {held}."
