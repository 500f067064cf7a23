"""What the gates share that ask the same before and after training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from whet.evals.compare import MAX_UNSCORED, Comparison, Ids, Values, compare_scores, readable
from whet.evals.gates.gate import GATE_LEVEL
from whet.stats.noninferiority import NonInferiority, mirrored, non_inferior
from whet.stats.paired import paired_difference
from whet.stats.power import power
from whet.stats.proportions import normal_quantile
from whet.types import Interval, Outcome

CHANCE = 0.9

LESS_FORGETTING = (
    "Halve train.learning_rate (or the rank of an adapter, train.rank), train for fewer"
    " train.epochs, keep an earlier state (train.patience: 1), or add rows of general instructions"
    " with good answers to data.train, some 5 to 10 % of all."
)


def score_loss(
    before: Sequence[float],
    after: Sequence[float],
    *,
    margin: float,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
) -> NonInferiority:
    """How much of a score was lost, against a margin."""
    loss = paired_difference(before, after, level=level, groups=groups)
    return non_inferior(loss, margin)


def loss_with_gaps(
    before: Values,
    after: Values,
    *,
    margin: float,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
    ids: Ids = None,
) -> tuple[Comparison, Outcome]:
    """The loss, before - after, where some items have no score, compared as the verdict compares.

    Inconclusive where more than `MAX_UNSCORED` of the items lack one.
    """
    pair = compare_scores(
        ("before", before), ("after", after), metric="", level=level, groups=groups, ids=ids
    )
    if pair.interval is None or not readable(pair):
        return pair, Outcome.INCONCLUSIVE
    return pair, non_inferior(pair.interval, margin).outcome


def gaps(pair: Comparison, what: str) -> str:
    """How many items have no score on both sides, for the evidence; nothing where all have."""
    if not pair.num_unscored:
        return ""
    share = pair.num_unscored / (pair.n + pair.num_unscored)
    held = f"more than {MAX_UNSCORED:.0%}, so that this stays open"
    if share <= MAX_UNSCORED:
        held = "the interval holds whatever the one that is missing would be"
    return f" {pair.num_unscored} {what}: {held}."


def both(before: Values, after: Values) -> tuple[list[float], list[float]]:
    """The scores of the items that have both."""
    kept = [(x, y) for x, y in zip(before, after, strict=True) if x is not None and y is not None]
    return [x for x, _ in kept], [y for _, y in kept]


def remedy(outcome: Outcome, failed: str, inconclusive: str) -> str:
    """What to do about an outcome; nothing about a pass."""
    return {Outcome.FAIL: failed, Outcome.INCONCLUSIVE: inconclusive}.get(outcome, "")


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return math.fsum(values) / len(values)


def points(loss: Interval) -> str:
    """A lost share as a gain in percentage points, with its interval."""
    gain = mirrored(loss)
    return f"{100 * gain.value:+.1f} points" + ends(gain, "+.1f", 100)


def ends(interval: Interval, form: str, factor: float = 1) -> str:
    """The ends of an interval in brackets."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return " (one item: no interval)"
    return f" (interval {format(factor * low, form)} to {format(factor * high, form)})"


def changed_share(before: Sequence[float], after: Sequence[float]) -> float:
    """The share of items whose score is another than before."""
    return sum(a != b for a, b in zip(before, after, strict=True)) / len(before)


def smallest_margin(n: int, *, level: float = GATE_LEVEL) -> float:
    """The smallest margin that n right-or-wrong items can show, which is where none changed.

    z^2 / (n + z^2): 3.7 points with 100 items, 1.9 with 200, 0.6 with 600.
    """
    squared = normal_quantile(level) ** 2
    return squared / (n + squared)


def items_for(margin: float, changed: float, *, level: float = GATE_LEVEL) -> int:
    """Items of which a margin is shown with probability 0.9, where training changed nothing true.

    `changed` is the share of items that flip all the same, as many up as down. Found by doubling
    and halving over `stats.power.power`, the very rule that decides.
    """

    def shown(n: int) -> bool:
        if changed == 0:
            return smallest_margin(n, level=level) < margin
        return power(n, 0.0, margin=-margin, level=level, discordance=changed) >= CHANCE

    low, high = 0, 1
    while not shown(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def items_guess(spread: float, distance: float, level: float) -> int:
    """Items of which a difference `distance` from the margin is told, by the normal approximation.

    `spread` is the standard deviation of one item's difference.
    """
    factor = (normal_quantile(level) + NormalDist().inv_cdf(CHANCE)) * spread
    return math.ceil((factor / distance) ** 2)
