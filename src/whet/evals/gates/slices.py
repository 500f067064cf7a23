"""Gate `slices`: is any named part of the items shown to be worse than tolerated?

A mean can hide a group that training made worse. Every slice is compared with the baseline on
the same items, all slices read together (`evals.slices` divides the level over them), so that
naming many slices does not let one fail by chance. A slice too small to tell is counted, and
leaves the gate inconclusive only where its estimate is at or beyond the margin: a project with a
rare slice may ship.
"""

from __future__ import annotations

from collections.abc import Mapping

from whet.evals.gates.gate import Gate, interval_numbers, without_data
from whet.evals.gates.paired import points
from whet.stats.noninferiority import non_inferior
from whet.types import Interval, Outcome

SLICES_MARGIN = 0.1


def slices_gate(
    losses: Mapping[str, Interval],
    *,
    baseline: str,
    margin: float = SLICES_MARGIN,
    num_left_out: int = 0,
) -> Gate:
    """Whether no slice is shown to be worse than `baseline` by the margin or more.

    Fail: a slice is shown to be worse by at least the margin. Pass: every slice is shown to be
    better than that, or is too small to tell and not worse by its estimate. Inconclusive: a slice
    that is too small to tell is worse than the margin by its estimate.

    Args:
        losses: baseline - candidate in each slice, by the slice's name; each at the level that
            is left of the gate's when all slices share it.
        baseline: The arm that the candidate is compared with.
        margin: Tolerated loss in a slice.
        num_left_out: Slices with too few items to be compared at all.
    """
    if not losses:
        return without_data("slices")
    outcomes = {name: _outcome(loss, margin) for name, loss in losses.items()}
    order = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    worst = next(kind for kind in order if kind in outcomes.values())
    named = sorted(losses, key=lambda name: -losses[name].value)[:3]
    told = "; ".join(f"{name} {points(losses[name])}, {losses[name].n} items" for name in named)
    unsure = sum(_is_open(loss, margin) for loss in losses.values())
    evidence = (
        f"{len(losses)} slices against {baseline}, the worst: {told}; the margin is"
        f" {100 * margin:g} points in each, all read together."
        + (f" {unsure} are too small to tell." if unsure else "")
        + (f" {num_left_out} more have too few items to be compared." if num_left_out else "")
    )
    concerned = [name for name in losses if outcomes[name] is worst]
    mend = {
        Outcome.FAIL: f"Add training rows like those of {', '.join(concerned)}.",
        Outcome.INCONCLUSIVE: f"Add test items to {', '.join(concerned)}.",
    }.get(worst, "")
    numbers = {
        "margin": margin,
        "baseline": baseline,
        "left_out": num_left_out,
        "slices": {
            name: interval_numbers(loss) | {"result": outcomes[name].value}
            for name, loss in losses.items()
        },
    }
    return Gate("slices", worst, evidence, numbers, remedy=mend)


def _outcome(loss: Interval, margin: float) -> Outcome:
    if _is_open(loss, margin) and loss.value < margin:
        return Outcome.PASS
    return non_inferior(loss, margin).outcome


def _is_open(loss: Interval, margin: float) -> bool:
    return non_inferior(loss, margin).outcome is Outcome.INCONCLUSIVE
