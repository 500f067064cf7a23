"""The verdict: a pure rule from paired comparisons and gates to one of eight answers.

    a candidate wins   lower end of (candidate - baseline) > margin, against every baseline
    ship               the best winner whose gates hold
    ship_with_rag      the same for a candidate with retrieval, where no winner without it may
                       ship, or where it beats that winner by more than the margin
    do_not_ship        candidates win, and each of those fails a required gate
    use_*              upper end of (candidate - best baseline) < margin, for every candidate:
                       the cheapest baseline that is not inferior to the best
    inconclusive       everything else, naming what is open and what would close it

Levels. The look sets the two-sided level; Holm divides it over candidates (`stats.multiplicity`),
and each pair has one interval, at the level at which its candidate was last read. Nothing is
corrected over baselines, since a candidate has to beat all of them. For `use_*` the best baseline
is the best on these same items; picking it there makes it look a little better than it is, which
can only speak for the cheaper answer, not for shipping.

Everything comes in as plain values, so `whet verdict RUN` makes the same verdict from stored
answers alone. No randomness, no order: arms may come in any sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import fsum
from typing import Any

from whet.evals import reasons
from whet.evals.case import Case, above, best_of, build, lower_end, value_of
from whet.evals.case import JudgedArm as JudgedArm
from whet.evals.compare import Compare, Comparison, Groups, Ids, Values, by_scores, readable
from whet.evals.gates import ALWAYS, Gate
from whet.evals.headroom import Stop, StopKind
from whet.evals.items import per_item


class VerdictKind(StrEnum):
    """What the evidence supports."""

    SHIP = "ship"
    SHIP_WITH_RAG = "ship_with_rag"
    USE_PROMPT = "use_prompt"
    USE_FEW_SHOT = "use_few_shot"
    USE_RAG = "use_rag"
    USE_OTHER = "use_other"
    DO_NOT_SHIP = "do_not_ship"
    INCONCLUSIVE = "inconclusive"


USE = {
    "prompt": VerdictKind.USE_PROMPT,
    "few_shot": VerdictKind.USE_FEW_SHOT,
    "rag": VerdictKind.USE_RAG,
}
"""The baselines whet builds; every other one is `use_other`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict with all that it rests on. `reasons` are sentences; `next` is what to do now."""

    verdict: VerdictKind
    candidate: str | None
    baseline: str | None
    reasons: list[str]
    next: str
    comparisons: list[Comparison] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        return {
            "verdict": self.verdict.value,
            "candidate": self.candidate,
            "baseline": self.baseline,
            "reasons": list(self.reasons),
            "next": self.next,
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "gates": [gate.to_json() for gate in self.gates],
        }


def decide_from_scores(
    arms: Sequence[JudgedArm],
    scores: Mapping[str, Values],
    *,
    metric: str,
    margin: float,
    look: int,
    gates: Sequence[Gate],
    groups: Groups = None,
    ids: Ids = None,
    required: Sequence[str] = (ALWAYS,),
    stop: Stop | None = None,
    notes: Sequence[str] = (),
) -> Verdict:
    """`decide` for arms with scores on the same items; arm values are their means.

    Rows of one id are one item: their scores are averaged first.
    """
    valued = [
        JudgedArm(arm.name, arm.kind, _mean(per_item(scores[arm.name], ids)), arm.uses_rag)
        for arm in arms
    ]
    return decide(
        valued,
        by_scores(scores, metric, groups, ids),
        margin=margin,
        look=look,
        gates=gates,
        required=required,
        stop=stop,
        notes=notes,
    )


def decide(
    arms: Sequence[JudgedArm],
    compare: Compare,
    *,
    margin: float,
    look: int,
    gates: Sequence[Gate],
    required: Sequence[str] = (ALWAYS,),
    stop: Stop | None = None,
    notes: Sequence[str] = (),
) -> Verdict:
    """What the test items say, at this look.

    Args:
        arms: All arms that answered; controls are only spoken of.
        compare: Paired comparisons, from `compare.by_scores` or `compare.by_votes`.
        margin: What a gain has to exceed to be worth shipping; not negative.
        look: Which look at these items this is, from 1.
        gates: Results for every candidate, `Gate.arm` saying whose. A required gate that is
            missing counts as inconclusive.
        required: Names of the required gates.
        stop: Why nothing was trained, where that is so.
        notes: Further sentences for `reasons`, e.g. that the prompt was never edited.
    """
    if margin < 0:
        raise ValueError(f"the margin must not be negative, but is {margin}")
    case = build(arms, compare, margin, look, gates, required)
    found = _rule(case, None if case.candidates else stop)
    told = [*found.reasons, *_asides(case), *notes]
    kept = [gate for name in sorted(case.gates) for gate in case.gates[name]]
    return Verdict(
        found.verdict,
        found.candidate,
        found.baseline,
        told,
        found.next,
        _shown(case, found.verdict),
        kept,
    )


def without_a_look(stop: Stop, notes: Sequence[str] = ()) -> Verdict:
    """The verdict when the test set could not have shown anything, and was not looked at."""
    kind = VerdictKind.INCONCLUSIVE
    return Verdict(kind, None, None, [stop.reason, *notes], stop.remedy)


def _rule(case: Case, stop: Stop | None) -> Verdict:
    if case.best is None:
        text = "There is no baseline to compare with: nothing shows that training helped."
        return Verdict(VerdictKind.INCONCLUSIVE, None, None, [text], "Add a prompt arm.")
    if stop is not None and stop.kind is StopKind.TEST_TOO_SMALL:
        return without_a_look(stop)
    winners = [arm for arm in case.candidates if case.wins[arm.name]]
    if winners:
        return _among_winners(case, winners)
    if all(case.closed(arm) for arm in case.candidates):
        return _use(case, case.best, stop)
    return _open(case)


def _among_winners(case: Case, winners: Sequence[JudgedArm]) -> Verdict:
    ready = [arm for arm in winners if all(gate.holds for gate in case.gates[arm.name])]
    if ready:
        return _ship(case, ready)
    told = [reasons.win(case.binding(arm), case.look, case.margin) for arm in winners]
    told += [
        reasons.gate(gate) for arm in winners for gate in case.gates[arm.name] if not gate.holds
    ]
    best = best_of(winners)
    blocked = [gate for arm in winners for gate in case.gates[arm.name] if not gate.holds]
    if all(any(gate.fails for gate in case.gates[arm.name]) for arm in winners):
        kind, then = VerdictKind.DO_NOT_SHIP, reasons.mend([g for g in blocked if g.fails])
    else:
        kind, then = VerdictKind.INCONCLUSIVE, reasons.settle_gates(blocked)
    return Verdict(kind, best.name, case.binding(best).b, told, then)


def _ship(case: Case, ready: Sequence[JudgedArm]) -> Verdict:
    """Retrieval costs something at every answer: it has to be worth a margin of its own."""
    plain = [arm for arm in ready if not arm.uses_rag]
    with_rag = [arm for arm in ready if arm.uses_rag]
    chosen = best_of(plain) if plain else None
    better = [
        arm
        for arm in with_rag
        if chosen is None or above(case.compare(arm.name, chosen.name, case.level), case.margin)
    ]
    if better:
        chosen = best_of(better)
    assert chosen is not None
    told = [
        reasons.win(case.pair(chosen, baseline), case.look, case.margin)
        for baseline in case.baselines
    ]
    told += reasons.gates_held(case.gates[chosen.name])
    if better and plain:
        over = case.compare(chosen.name, best_of(plain).name, case.level)
        told.append(reasons.win(over, case.look, case.margin))
    if not any(arm.name == "rag" or arm.uses_rag for arm in case.baselines):
        told.append("No retrieval baseline was tried: this says nothing about retrieval.")
    kind = VerdictKind.SHIP_WITH_RAG if chosen.uses_rag else VerdictKind.SHIP
    return Verdict(kind, chosen.name, case.binding(chosen).b, told, reasons.SHIP_NEXT)


def _use(case: Case, best: JudgedArm, stop: Stop | None) -> Verdict:
    """No candidate can be worth it: the cheapest baseline that is not inferior to the best."""
    chosen = next(
        arm
        for arm in case.baselines
        if arm is best or above(case.compare(arm.name, best.name, case.level), -case.margin)
    )
    told = [stop.reason] if stop else []
    told += [
        reasons.no_gain(case.pair(arm, best), case.look, case.margin) for arm in case.candidates
    ]
    if not case.candidates and not stop:
        told.append("There is no tuned arm: this is a choice among the baselines.")
    kind = USE.get(chosen.name, VerdictKind.USE_OTHER)
    told.append(
        f"Use {chosen.name}."
        if chosen is best
        else reasons.cheaper(
            case.compare(chosen.name, best.name, case.level), case.look, case.margin
        )
    )
    return Verdict(
        kind, None, chosen.name, told, reasons.use_next(chosen.name, trained=bool(case.candidates))
    )


def _open(case: Case) -> Verdict:
    """Neither a win nor ruled out: the candidate nearest to a win names the open comparison."""
    assert case.best is not None
    still = [arm for arm in case.candidates if not case.closed(arm)]
    nearest = max(still, key=lambda arm: lower_end(case.binding(arm)))
    pair = case.binding(nearest)
    told = [reasons.undecided(case.binding(arm), case.look, case.margin) for arm in still]
    told += [
        reasons.no_gain(case.pair(arm, case.best), case.look, case.margin)
        for arm in case.candidates
        if arm not in still
    ]
    missing = not readable(pair)
    then = reasons.score_more(pair) if missing else reasons.items(pair, case.look, case.margin)
    return Verdict(VerdictKind.INCONCLUSIVE, nearest.name, pair.b, told, then)


def _asides(case: Case) -> list[str]:
    """What a reader has to know beside the verdict: that look-up does as well."""
    told = []
    real = [arm for arm in (*case.baselines, *case.candidates) if arm.value is not None]
    for control in case.controls if real else ():
        best = best_of(real)
        pair = case.compare(control.name, best.name, case.level)
        if value_of(control) >= value_of(best) or above(pair, -case.margin):
            told.append(reasons.lookup(pair))
    return told


def _shown(case: Case, kind: VerdictKind) -> list[Comparison]:
    """Candidates against baselines and against each other; baselines among each other for use_*."""
    pairs = [case.pair(arm, baseline) for arm in case.candidates for baseline in case.baselines]
    pairs += [
        case.compare(arm.name, other.name, case.level)
        for arm in case.candidates
        if arm.uses_rag
        for other in case.candidates
        if not other.uses_rag
    ]
    if kind.startswith("use_") and case.best is not None:
        others = [arm for arm in case.baselines if arm is not case.best]
        pairs += [case.compare(arm.name, case.best.name, case.level) for arm in others]
    return pairs


def _mean(values: Values) -> float | None:
    scored = [value for value in values if value is not None]
    return fsum(scored) / len(scored) if scored else None
