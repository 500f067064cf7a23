"""Gate `convergence`: did training end sanely? Read from its curves, without a test of chance.

fail           the validation loss never fell below its start, or too many steps were skipped
               because their loss or gradient was not finite
inconclusive   the validation loss was still falling steeply at the end, or there is no
               validation set to tell by
pass           neither; overfitting after the best state is told, for that state was kept
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.gates.gate import Gate, without_data
from whet.types import Outcome

MAX_SKIPPED = 0.01
STEEP = 0.02
RISE = 0.02


@dataclass(frozen=True, slots=True)
class Curves:
    """What a training run measured. `losses` hold None where a step was not applied."""

    losses: Sequence[float | None]
    validation: Sequence[tuple[int, float | None]]
    stopped_early: bool


def convergence_gate(
    curves: Curves, *, max_skipped: float = MAX_SKIPPED, steep: float = STEEP
) -> Gate:
    """Whether a finished run's validation loss fell, was finite, and had come to rest.

    Args:
        curves: Its training and validation losses.
        max_skipped: Largest share of steps that may have been skipped.
        steep: Fall of the validation loss over its last interval, as a share, that is still steep.
    """
    if not curves.losses:
        return without_data("convergence")
    skipped = sum(loss is None for loss in curves.losses)
    share = skipped / len(curves.losses)
    numbers = {"steps": len(curves.losses), "skipped": skipped, "max_skipped": max_skipped}
    if share > max_skipped:
        evidence = (
            f"{skipped} of {len(curves.losses)} steps had a loss or gradient that is not finite"
            f" ({share:.1%}; at most {max_skipped:.1%} may)."
        )
        mend = "Train in float32 (train.dtype: float32), with half the train.learning_rate."
        return Gate("convergence", Outcome.FAIL, evidence, numbers, remedy=mend)
    found = [(step, loss) for step, loss in curves.validation if loss is not None]
    if len(found) < 2 or not all(math.isfinite(loss) for _, loss in found):
        return without_data("convergence")
    return _of_validation(found, curves, numbers, steep)


def _of_validation(
    found: Sequence[tuple[int, float]], curves: Curves, numbers: dict[str, float], steep: float
) -> Gate:
    start, last = found[0][1], found[-1][1]
    best_step, best = min(found, key=lambda point: point[1])
    told = numbers | {
        "start": start, "best": best, "best_step": best_step, "last": last, "steep": steep,
    }  # fmt: skip
    fell = f"Validation loss {start:.4f} before training, {best:.4f} at its best (step {best_step})"
    if best >= start:
        evidence = f"{fell}: training did not help."
        mend = (
            "Halve train.learning_rate, and look whether validation rows ask for the same as"
            " training rows (whet check --show-mask 3)."
        )
        return Gate("convergence", Outcome.FAIL, evidence, told, remedy=mend)
    fall = (found[-2][1] - last) / found[-2][1] if found[-2][1] > 0 else 0.0
    at_end = best_step == found[-1][0] and not curves.stopped_early
    if at_end and len(found) > 2 and fall > steep:
        evidence = f"{fell}, still falling by {fall:.1%} at the end: not at rest."
        mend = "Train longer (train.epochs: twice as many), or with a higher train.learning_rate."
        return Gate("convergence", Outcome.INCONCLUSIVE, evidence, told, remedy=mend)
    rose = last > best * (1 + RISE)
    evidence = fell + (
        f"; it rose to {last:.4f} afterwards (overfitting), and the best state was kept."
        if rose
        else "; it had come to rest."
    )
    return Gate("convergence", Outcome.PASS, evidence, told | {"overfitted": rose})
