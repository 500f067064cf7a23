"""Gates on the answers to the judged items: their form, and the time they take."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.items import groups_per_item, per_item
from whet.stats.noninferiority import below, mirrored
from whet.stats.shares import clustered_share
from whet.types import Interval, Outcome

FORMAT_FLOOR = 0.95


def format_gate(
    values: Sequence[float | None],
    *,
    floor: float = FORMAT_FLOOR,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
    ids: Sequence[str] | None = None,
) -> Gate:
    """Whether the share of answers in the stated form is at least `floor`.

    Against a floor rather than against the baselines: the program that reads the answers breaks
    on every wrong one, whoever else gets it wrong too. Pass when Wilson's lower end reaches the
    floor, fail when the upper end is below it. With every answer in form, a floor of 0.95 needs
    73 answers at level 0.05 (`format_items_wanted`). Rows of one id are one item, and items of one
    group are read as such, as in the verdict.
    """
    items, owned = per_item(values, ids), groups_per_item(groups, ids)
    kept = [n for n, value in enumerate(items) if value is not None]
    if not kept:
        return without_data("format")
    scored = [float(items[n] or 0) for n in kept]
    share = clustered_share(scored, level, groups=owned and [owned[n] for n in kept])
    outcome = below(mirrored(share), -floor + 1e-12)
    wanted = format_items_wanted(floor, level)
    remedy = {
        Outcome.FAIL: "Train on answers in the form, rank a closed set (generate.choices: auto),"
        " or constrain decoding where the model is served.",
        Outcome.INCONCLUSIVE: f"Answer more test items: at least {wanted} if all are in form.",
    }.get(outcome, "")
    evidence = (
        f"{sum(scored):.0f} of {len(scored)} answers are in form (interval {share.low:.1%} to"
        f" {share.high:.1%}; the lower end has to reach {floor:.1%})."
    )
    return Gate(
        "format", outcome, evidence, interval_numbers(share) | {"floor": floor}, True, None, remedy
    )


def format_items_wanted(floor: float = FORMAT_FLOOR, level: float = GATE_LEVEL) -> int | None:
    """How many answers, all in form, would pass; None for a floor of 1, which none would."""
    if floor >= 1:
        return None
    from whet.stats.proportions import normal_quantile

    # With k = n, Wilson's lower end is n / (n + z^2).
    return math.ceil(normal_quantile(level) ** 2 * floor / (1 - floor) - 1e-9)


def latency_gate(seconds: Sequence[float], *, p95_ms: float, level: float = GATE_LEVEL) -> Gate:
    """Whether the 95th percentile of the time per answer is shown to be within the bound."""
    if not seconds:
        return without_data("latency")
    found = percentile_interval([1000 * value for value in seconds], 0.95, level)
    outcome = below(found, p95_ms)
    low = "?" if found.low is None else f"{found.low:.0f}"
    high = "?" if found.high is None else f"{found.high:.0f}"
    evidence = (
        f"95 % of {found.n} answers came within {found.value:.0f} ms (interval {low} to {high} ms;"
        f" the bound is {p95_ms:.0f} ms)."
    )
    remedy = {
        Outcome.FAIL: "Shorten the prompt or the answers, or serve a smaller or quantised model.",
        Outcome.INCONCLUSIVE: "Time more answers: an upper end needs about 80.",
    }.get(outcome, "")
    return Gate(
        "latency",
        outcome,
        evidence,
        interval_numbers(found) | {"p95_ms": p95_ms},
        True,
        None,
        remedy,
    )


def percentile_interval(values: Sequence[float], share: float, level: float) -> Interval:
    """A percentile with the interval between two order statistics; no shape is assumed.

    Of n values, how many lie below the true percentile is binomial(n, share). An end is None
    where the sample is too small to have one: the upper end of a 95th percentile needs 72 values
    at level 0.05. Source: Conover 1999, Practical Nonparametric Statistics, section 3.2.
    """
    from scipy.special import bdtr

    ranked, n = sorted(values), len(values)
    value = ranked[max(0, math.ceil(share * n - 1e-9) - 1)]
    # bdtr(k, n, p) = P(at most k of n are below the percentile).
    low = max((i for i in range(n) if bdtr(i, n, share) <= level / 2), default=None)
    high = min((i for i in range(n) if bdtr(i, n, share) >= 1 - level / 2), default=None)
    return Interval(
        value,
        None if low is None else ranked[low],
        None if high is None else ranked[high],
        n,
        level,
        "order-statistics",
    )
