"""The gate `human`: people, several of them, who agree, do not find the candidate worse.

    pass          enough items have votes of enough raters, who agree, and the lower end of the net
                  preference is above -margin, against every baseline that people compared it with
    fail          the upper end of the net preference is below -margin against one of them
    inconclusive  anything else: votes missing, raters who do not agree, an interval too wide

Raters agree when the lower end of Krippendorff's alpha reaches the floor. Where nearly all votes
are alike, chance explains them and alpha falls to 0 however well raters agree (and is undefined
when they are all alike); there it is enough that they say the same on 80 % of the items, with the
lower end of that share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.compare import Compare, Comparison
from whet.evals.gates import Gate, without_data
from whet.types import Interval, Outcome

SAME_FLOOR = 0.8


@dataclass(frozen=True, slots=True)
class PeopleSaid:
    """What the gate reads: comparisons by votes, and who stands behind them.

    `num_items` counts items with votes of at least the raters asked for. `note` says what is
    missing where votes may not be read yet.
    """

    compare: Compare | None
    baselines: tuple[str, ...]
    num_items: int
    alpha: Interval | None
    same: Interval | None = None
    note: str = ""


def human_gate(
    arm: str,
    said: PeopleSaid,
    *,
    raters: int,
    items: int,
    alpha: float,
    margin: float,
    level: float,
) -> Gate:
    """The gate of one candidate."""
    if said.compare is None or not said.baselines:
        gate = without_data("human", arm)
        told = said.note or gate.evidence
        return Gate("human", gate.result, told, remedy=gate.remedy, arm=arm)
    pairs = [said.compare(arm, baseline, level) for baseline in said.baselines]
    missing = _missing(said, raters, items, alpha)
    outcome = _outcome(pairs, margin, bool(missing))
    agreed = said.alpha
    shown = (
        f"alpha {agreed.value:.2f} ({agreed.low:.2f} to {agreed.high:.2f})"
        if agreed and agreed.low is not None and agreed.high is not None
        else "no alpha"
    )
    evidence = " ".join(
        [
            *(_sentence(pair, margin) for pair in pairs),
            f"{said.num_items} items have votes of {raters} raters or more; {shown}.",
            *missing,
        ]
    )
    remedy = {
        Outcome.FAIL: "Read the reasons: whet review RUN export DIR. Then mend data or prompt.",
        Outcome.INCONCLUSIVE: "Let more people judge more items, or make the instructions clearer.",
    }.get(outcome, "")
    numbers = {
        "margin": margin,
        "alpha": None if agreed is None else agreed.value,
        "alpha_low": None if agreed is None else agreed.low,
        "alpha_floor": alpha,
        "same": None if said.same is None else said.same.value,
        "items": said.num_items,
        "comparisons": [pair.to_json() for pair in pairs],
    }
    return Gate("human", outcome, evidence, numbers, True, None, remedy, arm)


def _missing(said: PeopleSaid, raters: int, items: int, alpha: float) -> list[str]:
    told = []
    if said.num_items < items:
        told.append(f"{items} such items are asked for.")
    if raters > 1 and not _agree(said, alpha):
        told.append(
            f"The lower end of alpha has to reach {alpha:.2f}, or that of saying the same"
            f" {SAME_FLOOR:.0%}: raters do not agree enough."
        )
    return told


def _agree(said: PeopleSaid, floor: float) -> bool:
    by_alpha = said.alpha is not None and (said.alpha.low or -1.0) >= floor
    return by_alpha or (said.same is not None and (said.same.low or 0.0) >= SAME_FLOOR)


def _outcome(pairs: Sequence[Comparison], margin: float, is_missing: bool) -> Outcome:
    if is_missing or any(pair.low is None or pair.high is None for pair in pairs):
        return Outcome.INCONCLUSIVE
    if any((pair.high or 0.0) < -margin for pair in pairs):
        return Outcome.FAIL
    if all((pair.low or 0.0) > -margin for pair in pairs):
        return Outcome.PASS
    return Outcome.INCONCLUSIVE


def _sentence(pair: Comparison, margin: float) -> str:
    if pair.difference is None or pair.low is None or pair.high is None:
        return f"{pair.a} against {pair.b}: no votes."
    return (
        f"{pair.a} against {pair.b}: net preference {100 * pair.difference:+.0f} points"
        f" ({100 * pair.low:+.0f} to {100 * pair.high:+.0f}; more than {-100 * margin:+.0f} is"
        " asked for)."
    )
