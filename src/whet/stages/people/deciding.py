"""The verdict by people's votes, and the gate `human`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.config import HumanGate
from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.gates import Gate
from whet.evals.verdict import Verdict, decide
from whet.reviewing.results.human_gate import PeopleSaid, human_gate
from whet.rundir import RunDir
from whet.stages.evidence import Evidence
from whet.stages.people.votes import Review, compare_by_votes, read_reviews, review_of
from whet.stages.terms import PREFERENCE, gate_settings
from whet.types import Outcome

NO_REVIEW = "People decide here, and nobody has compared these answers yet."


def decides_by_votes(evidence: Evidence) -> bool:
    """Whether the project's primary metric is the preference of people."""
    asked = evidence.config.eval
    return asked.primary == PREFERENCE and asked.preference_from == "votes"


def decide_by_votes(
    run: RunDir, evidence: Evidence, gates: Sequence[Gate], notes: Sequence[str]
) -> Verdict:
    """The verdict by the votes that are in, with what stands behind them among its reasons."""
    reviews = read_reviews(run, evidence.split)
    found = _decide(evidence, reviews, gates, [*_told(reviews), *notes])
    suspects = {name: words for one in reviews for name, words in one.suspects.items()}
    if not suspects or not any(one.state.is_over for one in reviews):
        return found
    again = _decide(evidence, [one.without(suspects) for one in reviews], gates, ())
    for name, words in suspects.items():
        found.reasons.append(f"Look at the votes of {name}: {words}.")
    same = "it is the same" if again.verdict is found.verdict else f"it would be {again.verdict}"
    found.reasons.append(f"The verdict without {' and '.join(suspects)}: {same}.")
    return found


def _decide(
    evidence: Evidence,
    reviews: list[Review],
    gates: Sequence[Gate],
    notes: Sequence[str],
) -> Verdict:
    assert evidence.look is not None, "asked for only after a look"
    arms = [arm for arm in evidence.arms if arm.kind is not ArmKind.CONTROL]
    return decide(
        [JudgedArm(arm.name, arm.kind, uses_rag=arm.uses_rag) for arm in arms],
        compare_by_votes(reviews, evidence),
        margin=evidence.config.eval.margin,
        look=evidence.look,
        gates=gates,
        required=["forgetting", *gate_settings(evidence.config)],
        stop=evidence.stop,
        notes=notes,
    )


def _told(reviews: list[Review]) -> list[str]:
    """What stands behind the votes, one sentence a review."""
    if not reviews:
        return [NO_REVIEW]
    return [_sentence(one) for one in reviews]


def _sentence(one: Review) -> str:
    name = f"Review {one.folder.path.name} ({one.frozen.digest})"
    state = one.state
    if not state.is_over:
        return (
            f"{name}: {state.done} of {state.asked} votes are in; they are read when all are, or"
            " when the review is closed."
        )
    found = one.agreement
    agreed = "no agreement can be told"
    if found.same is not None:
        agreed = f"they say the same on {found.same.value:.0%}"
    if found.alpha is not None and found.alpha.low is not None and found.alpha.high is not None:
        ends = f"{found.alpha.low:.2f} to {found.alpha.high:.2f}"
        agreed += f", Krippendorff's alpha {found.alpha.value:.2f} ({ends})"
    early = ", closed early" if state.done < state.asked else ""
    raters = len({cast.rater for cast in one.casts})
    return (
        f"{name}: {raters} people, blind, on {len(one.frozen.items)} of"
        f" {one.frozen.num_judged} items, {state.done} of {state.asked} votes{early}; {agreed}."
    )


def judge_by_people(
    run: RunDir, evidence: Evidence, arm: str, settings: HumanGate, level: float
) -> Gate:
    """The gate `human` of one candidate; it has to say the same without raters under suspicion."""
    reviews = read_reviews(run, evidence.split)
    gate = _gate(reviews, evidence, arm, settings, level)
    suspects = sorted({name for one in reviews for name in one.suspects})
    if not suspects or gate.result is Outcome.INCONCLUSIVE:
        return gate
    rest = _gate([one.without(suspects) for one in reviews], evidence, arm, settings, level)
    if rest.result is gate.result:
        return gate
    told = f"Without {' and '.join(suspects)}, whose votes look wrong, it is {rest.result.value}."
    remedy = "Look at their votes (whet review RUN status), and ask another rater."
    return replace(
        gate, result=Outcome.INCONCLUSIVE, evidence=f"{gate.evidence} {told}", remedy=remedy
    )


def _gate(
    reviews: list[Review], evidence: Evidence, arm: str, settings: HumanGate, level: float
) -> Gate:
    return human_gate(
        arm,
        _said(reviews, evidence, arm, settings.raters),
        raters=settings.raters,
        items=settings.items,
        alpha=settings.alpha,
        margin=settings.margin,
        level=level,
    )


def _said(reviews: list[Review], evidence: Evidence, arm: str, raters: int) -> PeopleSaid:
    baselines = [one.name for one in evidence.arms if one.kind is ArmKind.BASELINE]
    found = {name: review_of(reviews, arm, name) for name in baselines}
    behind = {review.folder.path: review for review in found.values() if review is not None}
    over = [review for review in behind.values() if review.state.is_over]
    if not over:
        note = " ".join(_sentence(one) for one in behind.values())
        return PeopleSaid(None, (), 0, None, None, note)
    agreed = [review.agreement for review in over]
    weakest = min(agreed, key=lambda one: -2.0 if one.same is None else one.same.value)
    return PeopleSaid(
        compare_by_votes(reviews, evidence),
        tuple(name for name, review in found.items() if review in over),
        min(review.num_shared(raters) for review in over),
        weakest.alpha,
        weakest.same,
    )
