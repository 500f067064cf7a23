"""Gate `general`: are the user's own general questions answered about as well as before?"""

from __future__ import annotations

from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import (
    LESS_FORGETTING,
    both,
    changed_share,
    gaps,
    items_for,
    items_guess,
    loss_with_gaps,
    points,
    remedy,
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

    A question without a score before or after is told; the interval holds whatever it would be.
    """
    if len(before) != len(after):
        raise ValueError(f"scores of the same questions: {len(before)} before, {len(after)} after")
    pair, outcome = loss_with_gaps(before, after, margin=margin, level=level, groups=groups)
    loss = pair.interval
    if loss is None or pair.a_value is None or pair.b_value is None:
        return without_data("general")
    evidence = (
        f"Your general questions: {metric} {pair.a_value:.3f} before, {pair.b_value:.3f} after,"
        f" {loss.n} questions, {points(loss)}; the margin is {100 * margin:g} points."
        + gaps(pair, "have no score before or after")
    )
    early, late = both(before, after)
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
        "margin": margin, "metric": metric, "before": pair.a_value, "after": pair.b_value,
    }  # fmt: skip
    more = remedy(outcome, LESS_FORGETTING, more)
    return Gate("general", outcome, evidence, numbers, remedy=more)


def _spread(loss: Interval) -> float:
    """The standard deviation of one item's difference, read back from the interval."""
    if loss.low is None or loss.high is None:
        return 1.0
    return float((loss.high - loss.low) / (2 * normal_quantile(loss.level)) * loss.n**0.5)
