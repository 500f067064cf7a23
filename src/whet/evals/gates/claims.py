"""Gate `hallucination`: does the tuned model claim more that is not borne out?"""

from __future__ import annotations

from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import changed_share, items_for, mean, points, remedy, score_loss
from whet.types import Outcome

HALLUCINATION_MARGIN = 0.05

_FAILED = (
    "Facts belong into retrieval, not into weights: name rag.documents, train more rows with"
    " passages (rag.train_share: 0.8), add rows whose right answer is that it is not known, and"
    " drop rows whose answer says more than their source."
)


def hallucination_gate(
    before: Sequence[float | None],
    after: Sequence[float | None],
    *,
    baseline: str,
    margin: float = HALLUCINATION_MARGIN,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
) -> Gate:
    """Whether the share of answers with unsupported claims is shown to have risen by less.

    Args:
        before: For each item 1 where the baseline's answer makes a contradicted or unsupported
            claim, 0 where it makes none, None where it cannot be told.
        after: The same of the candidate, item by item.
        baseline: The arm that `before` are answers of.
        margin: Tolerated rise of the share.
        level: Two-sided error of the interval.
        groups: The group of each item, where several share one.
    """
    kept = [i for i in range(len(before)) if before[i] is not None and after[i] is not None]
    if not kept:
        return without_data("hallucination")
    # A claim that is borne out is the score that may be lost.
    early, late = (
        [1 - float(before[i] or 0) for i in kept],
        [1 - float(after[i] or 0) for i in kept],
    )
    own = None if groups is None else [groups[i] for i in kept]
    found = score_loss(early, late, margin=margin, level=level, groups=own)
    rise = found.interval
    unscored = len(before) - len(kept)
    evidence = (
        f"Answers with contradicted or unsupported claims: {1 - mean(early):.1%} of {baseline},"
        f" {1 - mean(late):.1%} of the candidate, {rise.n} items; answers without:"
        f" {points(rise)}; the margin is {100 * margin:g} points."
        + (f" {unscored} answers could not be judged and are left out." if unscored else "")
    )
    changed = changed_share(early, late)
    more = (
        f"Judge more answers: some {items_for(margin, changed, level=level):,} in all show a"
        f" margin of {100 * margin:g} points where nothing is worse."
    )
    numbers = interval_numbers(rise) | {
        "margin": margin, "baseline": baseline, "before": 1 - mean(early), "after": 1 - mean(late),
        "unscored": unscored,
    }  # fmt: skip
    outcome: Outcome = found.outcome
    return Gate("hallucination", outcome, evidence, numbers, remedy=remedy(outcome, _FAILED, more))
