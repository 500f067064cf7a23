"""The preference as it would be if both answers were equally long.

    logit P(a is preferred) = b0 + b1 x,    x = tanh((words_a - words_b) / s)

with s the root mean square of the differences, fitted by maximum likelihood; a tie is half a win
for each. At x = 0 the answers are equally long, and the preference, from -1 to 1, is
2 P - 1 = tanh(b0 / 2). Its interval comes from the robust ("sandwich") variance of b0, since a half
is no coin toss. The form of x is that of length-controlled AlpacaEval (Dubois et al. 2024,
arXiv 2404.04475), without its terms for models and instructions.

It takes out what goes along with length. Where longer answers are better because they say more, it
takes that out as well: a figure to set beside the preference, not to put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from whet.evals.judge.bias import PairJudged
from whet.stats.proportions import normal_quantile
from whet.types import Interval

MIN_PAIRS = 20
MAX_STEPS = 50
LARGEST = 12.0
"""A coefficient beyond this means that length, or nothing at all, parts wins from losses."""


def controlled_preference(
    pairs: Sequence[PairJudged], level: float = 0.05
) -> tuple[Interval | None, str]:
    """The preference for a at equal length, and why there is none where there is none."""
    import numpy as np

    kept = [(pair, pair.preference) for pair in pairs if pair.preference is not None]
    if len(kept) < MIN_PAIRS:
        return None, f"fewer than {MIN_PAIRS} judged pairs"
    more = np.array([float(pair.words_a - pair.words_b) for pair, _ in kept])
    won = np.array([(1.0 + value) / 2 for _, value in kept])
    spread = math.sqrt(float((more**2).mean()))
    if spread == 0:
        return None, "all answers are equally long"
    design = np.column_stack([np.ones(len(kept)), np.tanh(more / spread)])
    beta = np.zeros(2)
    for _ in range(MAX_STEPS):
        chance = 1 / (1 + np.exp(-design @ beta))
        bread = (design * (chance * (1 - chance))[:, None]).T @ design
        if not np.linalg.cond(bread) < 1e10:
            return None, "length and preference cannot be told apart"
        step = np.linalg.solve(bread, design.T @ (won - chance))
        beta = beta + step
        if np.abs(beta).max() > LARGEST:
            return None, "length and preference cannot be told apart"
        if np.abs(step).max() < 1e-9:
            break
    inverse = np.linalg.inv(bread)
    meat = (design * ((won - chance) ** 2)[:, None]).T @ design
    error = math.sqrt(float((inverse @ meat @ inverse)[0, 0]))
    b0, z = float(beta[0]), normal_quantile(level)
    low, value, high = (math.tanh(b / 2) for b in (b0 - z * error, b0, b0 + z * error))
    return Interval(value, low, high, len(kept), level, "logistic-on-length"), ""
