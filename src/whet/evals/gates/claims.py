"""Gate `hallucination`: does the tuned model claim more that is not borne out?"""

from __future__ import annotations

from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import (
    both,
    changed_share,
    gaps,
    items_for,
    loss_with_gaps,
    points,
    remedy,
)
from whet.evals.items import per_item

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
    ids: Sequence[str] | None = None,
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
        ids: The id of each row; rows of one id are one item.
    """
    # A claim that is borne out is the score that may be lost.
    early, late = ([None if v is None else 1 - v for v in values] for values in (before, after))
    pair, outcome = loss_with_gaps(early, late, margin=margin, level=level, groups=groups, ids=ids)
    rise = pair.interval
    if rise is None or pair.a_value is None or pair.b_value is None:
        return without_data("hallucination")
    shares = 1 - pair.a_value, 1 - pair.b_value
    evidence = (
        f"Answers with contradicted or unsupported claims: {shares[0]:.1%} of {baseline},"
        f" {shares[1]:.1%} of the candidate, {rise.n} items; answers without:"
        f" {points(rise)}; the margin is {100 * margin:g} points."
        + gaps(pair, "items have an answer that could not be judged")
    )
    changed = changed_share(*both(per_item(early, ids), per_item(late, ids)))
    more = (
        f"Judge more answers: some {items_for(margin, changed, level=level):,} in all show a"
        f" margin of {100 * margin:g} points where nothing is worse and every answer can be judged."
    )
    numbers = interval_numbers(rise) | {
        "margin": margin, "baseline": baseline, "before": shares[0], "after": shares[1],
        "unscored": pair.num_unscored,
    }  # fmt: skip
    return Gate("hallucination", outcome, evidence, numbers, remedy=remedy(outcome, _FAILED, more))
