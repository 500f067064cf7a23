"""Gate `forgetting`: the loss on fixed general text, before and after training. Always required."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whet.evals.gates.gate import GATE_LEVEL, Gate, interval_numbers, without_data
from whet.evals.gates.paired import LESS_FORGETTING, ends, mean, remedy
from whet.stats.noninferiority import non_inferior
from whet.stats.paired import difference_interval
from whet.types import Outcome

FORGETTING_MARGIN = 0.05
"""Largest tolerable rise of the loss on general text, in nats per token.

0.05 nats is 5 % more perplexity. The published distance between neighbouring sizes of one family,
7 and 13 billion parameters of LLaMA on WikiText-2 (5.68 and 5.09), is 0.11 nats: the tolerance is
less than half of what people pay double the compute for. Absolute and not a share of the loss,
because a difference of nats is a ratio of perplexities: it means the same on every text and with
every tokenizer's loss level, and a weak model does not get more room to become weaker.
"""


def forgetting_gate(
    before: Sequence[float],
    after: Sequence[float],
    *,
    margin: float = FORGETTING_MARGIN,
    level: float = GATE_LEVEL,
    groups: Sequence[str | None] | None = None,
) -> Gate:
    """Whether the loss on general text is shown to have risen by less than the margin.

    Args:
        before: Mean loss of each passage in nats per token, model without training. Passages of
            one length, so that each weighs alike.
        after: The same passages in the same order, with training.
        margin: Tolerated rise in nats per token.
        level: Two-sided error of the interval.
        groups: The document of each passage, where several come from one.

    Raises:
        ValueError: The passages are not the same.
    """
    if len(before) != len(after):
        raise ValueError(f"losses of the same passages: {len(before)} before, {len(after)} after")
    if not before:
        return without_data("forgetting")
    if not all(math.isfinite(loss) for loss in (*before, *after)):
        evidence = "The loss on general text is not finite after training: the model is broken."
        return Gate(
            "forgetting", Outcome.FAIL, evidence, {"margin": margin}, remedy=LESS_FORGETTING
        )
    rises = [late - early for early, late in zip(before, after, strict=True)]
    found = non_inferior(
        difference_interval(rises, level=level, groups=groups, binary=False), margin
    )
    rise = found.interval
    evidence = (
        f"Loss on {rise.n} passages of general text: {mean(before):.3f} to {mean(after):.3f} nats"
        f" per token, {rise.value:+.3f}{ends(rise, '+.3f')}; the margin is {margin:g}."
    )
    numbers = interval_numbers(rise) | {
        "margin": margin,
        "before": mean(before),
        "after": mean(after),
        "perplexity_ratio": math.exp(min(rise.value, 700.0)),
    }
    return Gate(
        "forgetting",
        found.outcome,
        evidence,
        numbers,
        True,
        None,
        remedy(found.outcome, LESS_FORGETTING, "Measure on more passages of general text."),
    )
