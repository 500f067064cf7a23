"""Gate `general`: are the user's own general questions answered about as well as before?"""

from __future__ import annotations

from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import (
    LESS_FORGETTING,
    changed_share,
    items_for,
    items_guess,
    mean,
    points,
    remedy,
    score_loss,
)
from whet.stats.proportions import normal_quantile
from whet.types import Interval

GENERAL_MARGIN = 0.05


def general_gate(
    before: Sequence[float | None],
    after: Sequence[float | None],
    *,
    metric: str,
    margin: float = GENERAL_MARGIN,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
) -> Gate:
    """Whether the score on the same questions is shown to have fallen by less than the margin.

    A question that has no score before or after is left out, and told.
    """
    if len(before) != len(after):
        raise ValueError(f"scores of the same questions: {len(before)} before, {len(after)} after")
    kept = [i for i in range(len(before)) if before[i] is not None and after[i] is not None]
    if not kept:
        return without_data("general")
    early, late = [float(before[i] or 0) for i in kept], [float(after[i] or 0) for i in kept]
    own = None if groups is None else [groups[i] for i in kept]
    found = score_loss(early, late, margin=margin, level=level, groups=own)
    loss = found.interval
    unscored = len(before) - len(kept)
    evidence = (
        f"Your general questions: {metric} {mean(early):.3f} before, {mean(late):.3f} after,"
        f" {loss.n} questions, {points(loss)}; the margin is {100 * margin:g} points."
        + (f" {unscored} have no score and are left out." if unscored else "")
    )
    binary = set(early) | set(late) <= {0.0, 1.0}
    wanted = (
        items_for(margin, changed_share(early, late), level=level)
        if binary
        else items_guess(_spread(loss), margin, level)
    )
    more = (
        f"Add questions to gates.general.questions: some {wanted:,} in all show a margin of"
        f" {100 * margin:g} points where nothing is lost."
    )
    numbers = interval_numbers(loss) | {
        "margin": margin, "metric": metric, "before": mean(early), "after": mean(late),
    }  # fmt: skip
    return Gate(
        "general",
        found.outcome,
        evidence,
        numbers,
        remedy=remedy(found.outcome, LESS_FORGETTING, more),
    )


def _spread(loss: Interval) -> float:
    """The standard deviation of one item's difference, read back from the interval."""
    if loss.low is None or loss.high is None:
        return 1.0
    return float((loss.high - loss.low) / (2 * normal_quantile(loss.level)) * loss.n**0.5)
