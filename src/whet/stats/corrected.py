"""A rate as a judge saw it, corrected for the judge's errors.

A judge that says "right" of 95 % of right answers and of 20 % of wrong ones reports 0.65 where
0.60 is true. With people's labels for some of its judgements both error rates are known, and

    rate = (judged + specificity - 1) / (sensitivity + specificity - 1)

undoes them (Rogan and Gladen 1978, American Journal of Epidemiology 107:71-76; for judges of
language models: Lee et al. 2025, arXiv 2511.21140). The error rates are themselves estimates, so
the interval is wider than that of the raw rate: 200 labels are often the larger part of it.

It holds where the judge errs on the judged answers as it does on the labelled ones. A judge that
favours one arm is not corrected by labels of another: calibrate on answers of the arms compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from whet.stats.proportions import newcombe, normal_quantile, wilson
from whet.types import Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge against people: of `num_right` right answers it called `right_called_right` right,
    of `num_wrong` wrong ones it called `wrong_called_wrong` wrong.
    """

    right_called_right: int
    num_right: int
    wrong_called_wrong: int
    num_wrong: int

    def __post_init__(self) -> None:
        sides = (
            (self.right_called_right, self.num_right),
            (self.wrong_called_wrong, self.num_wrong),
        )
        if not all(0 <= hits <= total for hits, total in sides):
            raise ValueError(f"hits must lie between 0 and the labels they are of: {self}")

    def sensitivity(self, level: float = 0.05) -> Interval | None:
        """Share of right answers that the judge calls right, with Wilson's interval."""
        if not self.num_right:
            return None
        return wilson(self.right_called_right, self.num_right, level)

    def specificity(self, level: float = 0.05) -> Interval | None:
        """Share of wrong answers that the judge calls wrong, with Wilson's interval."""
        if not self.num_wrong:
            return None
        return wilson(self.wrong_called_wrong, self.num_wrong, level)


def calibration(judged: Sequence[bool | None], labels: Sequence[bool]) -> Calibration:
    """The counts of a judge's decisions against people's labels of the same answers.

    An answer that the judge could not judge (None) is left out: it is no decision.
    """
    pairs = [(j, label) for j, label in zip(judged, labels, strict=True) if j is not None]
    right = [j for j, label in pairs if label]
    wrong = [j for j, label in pairs if not label]
    return Calibration(sum(right), len(right), len(wrong) - sum(wrong), len(wrong))


def corrected_rate(
    positives: float, n: float, found: Calibration, level: float = 0.05
) -> Interval | None:
    """The true rate behind `positives` of n judged right, with an interval of all three counts.

    With z of the level, n' = n + z^2, p' = (positives + z^2 / 2) / n', and each error rate from
    its labels with one hit and one miss added (q', m' = m + 2), J = q1' + q0' - 1:

        rate'  = (p' + q0' - 1) / J
        centre = rate' + 2 z^2 (rate' q1'(1 - q1') / m1' - (1 - rate') q0'(1 - q0') / m0')
        half   = z sqrt(p'(1-p')/n' + (1-rate')^2 q0'(1-q0')/m0' + rate'^2 q1'(1-q1')/m1') / J

    `value` is the plain formula, cut at 0 and 1 as the ends are.

    Returns:
        None where a side has no label, or the judge is not shown to be better than chance
        (sensitivity + specificity - 1 not above 0 at this level): nothing can be read from it.

    Source: Lang and Reiczigel 2014, Preventive Veterinary Medicine 113:13-22, also used by
    arXiv 2511.21140.
    """
    if n <= 0 or not -1e-9 <= positives <= n + 1e-9:
        raise ValueError(f"positives must lie between 0 and n: {positives} of {n}")
    if not found.num_right or not found.num_wrong or not informative(found, level):
        return None
    q1, q0 = found.right_called_right / found.num_right, found.wrong_called_wrong / found.num_wrong
    value = _within((positives / n + q0 - 1) / (q1 + q0 - 1))
    z = normal_quantile(level)
    n_z = n + z * z
    p = (positives + z * z / 2) / n_z
    m1, m0 = found.num_right + 2, found.num_wrong + 2
    q1, q0 = (found.right_called_right + 1) / m1, (found.wrong_called_wrong + 1) / m0
    spread_1, spread_0 = q1 * (1 - q1) / m1, q0 * (1 - q0) / m0
    rate = (p + q0 - 1) / (q1 + q0 - 1)
    centre = rate + 2 * z * z * (rate * spread_1 - (1 - rate) * spread_0)
    variance = p * (1 - p) / n_z + (1 - rate) ** 2 * spread_0 + rate**2 * spread_1
    half = z * math.sqrt(variance) / (q1 + q0 - 1)
    low, high = _within(centre - half), _within(centre + half)
    return Interval(value, min(low, value), max(high, value), round(n), level, "rogan-gladen")


def informative(found: Calibration, level: float = 0.05) -> bool:
    """Whether the judge is shown to say "right" of right answers more often than of wrong ones."""
    if not found.num_right or not found.num_wrong:
        return False
    false_alarms = found.num_wrong - found.wrong_called_wrong
    skill = newcombe(
        found.right_called_right, found.num_right, false_alarms, found.num_wrong, level
    )
    return skill.low is not None and skill.low > 0


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
