"""The factor that keeps float16 gradients from vanishing: dynamic loss scaling.

The loss is multiplied by the scale before the backward pass and the gradient divided by it after.
It is halved when a gradient overflows (that step is not applied) and doubled after so many good
steps in a row (Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740, section 3.2).
"""

from __future__ import annotations

from whet.training.result import History

FIRST, LARGEST = 2.0**15, 2.0**24
GROWTH_STEPS = 200


def grow_loss_scale(history: History) -> None:
    """Counts a good step, and doubles the scale when there were enough of them."""
    history.good_at_scale += 1
    if history.good_at_scale >= GROWTH_STEPS and history.loss_scale < LARGEST:
        history.loss_scale, history.good_at_scale = 2 * history.loss_scale, 0


def halve_loss_scale(history: History) -> None:
    """After an overflow."""
    history.loss_scale, history.good_at_scale = history.loss_scale / 2, 0
    history.overflows += 1
