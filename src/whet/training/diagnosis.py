"""What the loss curves say, in words and with a remedy."""

from __future__ import annotations

import math
from statistics import fmean, median

from whet.training.result import History

RISE, FALL, FLAT, SPIKE = 0.02, 0.02, 0.01, 3.0


def diagnose(history: History, *, steps_per_epoch: int, stopped_early: bool) -> list[str]:
    """Findings about a finished run, the worst first; empty when there is nothing to say."""
    losses = [loss for loss in history.losses if math.isfinite(loss)]
    found = [
        _not_finite(history, len(losses)),
        _overfitting(history, losses, steps_per_epoch, stopped_early),
        _flat(losses),
        _spikes(losses),
        _still_falling(history, stopped_early),
    ]
    return [finding for finding in found if finding]


def _not_finite(history: History, num_finite: int) -> str:
    skipped = len(history.losses) - num_finite - history.overflows
    if not skipped:
        return ""
    rows = ", ".join(dict.fromkeys(history.bad_rows)) or "no single row"
    return (
        f"{skipped} steps had a loss or gradient that is not finite and were not applied ({rows}). "
        "Look at these rows, or train in float32."
    )


def _overfitting(
    history: History, losses: list[float], steps_per_epoch: int, stopped_early: bool
) -> str:
    if history.best_loss is None or history.best_step is None or len(history.validation) < 2:
        return ""
    before, last = history.validation[0][1], history.validation[-1][1]
    best, epoch = history.best_loss, history.best_step / steps_per_epoch
    if best >= before:
        return (
            f"validation loss was never below its start ({before:.4f}, best {best:.4f}): training "
            "did not help. Check that validation rows ask for the same as training rows, and lower "
            "the learning rate."
        )
    if last > best * (1 + RISE):
        ending = ", so training stopped early" if stopped_early else ""
        return (
            f"overfitting: validation loss was lowest at step {history.best_step} (epoch "
            f"{epoch:.1f}, {best:.4f}) and rose to {last:.4f}{ending}; the weights of step "
            f"{history.best_step} were kept. Fewer epochs, more examples or a lower rank."
        )
    return ""


def _flat(losses: list[float]) -> str:
    quarter = len(losses) // 4
    if quarter < 2:
        return ""
    first, last = fmean(losses[:quarter]), fmean(losses[-quarter:])
    if last < first * (1 - FLAT):
        return ""
    return (
        f"flat: training loss went from {first:.4f} to {last:.4f}. Raise train.learning_rate "
        "(tenfold), or check with `whet check --show-mask 3` that the answers are learnt."
    )


def _spikes(losses: list[float]) -> str:
    spikes = [
        step
        for step in range(8, len(losses))
        if losses[step] > SPIKE * median(losses[step - 8 : step])
    ]
    if not spikes:
        return ""
    return (
        f"spikes: loss jumped more than threefold at {len(spikes)} steps (first at step "
        f"{spikes[0] + 1}). Lower train.learning_rate, or look for odd rows in those steps."
    )


def _still_falling(history: History, stopped_early: bool) -> str:
    if stopped_early or len(history.validation) < 3 or history.best_step != history.step:
        return ""
    (_, before), (_, last) = history.validation[-2:]
    if last < before * (1 - FALL):
        return (
            f"validation loss was still falling at the end ({before:.4f} to {last:.4f}): more "
            "epochs or a higher learning rate may help."
        )
    return ""
