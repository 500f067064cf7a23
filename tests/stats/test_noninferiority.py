"""Three answers from one interval."""

from __future__ import annotations

import pytest

from whet.stats.noninferiority import mirrored, non_inferior
from whet.types import Interval, Outcome


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (-0.10, 0.04, Outcome.PASS),
        (0.06, 0.20, Outcome.FAIL),
        (0.05, 0.20, Outcome.FAIL),
        (-0.10, 0.05, Outcome.INCONCLUSIVE),
        (0.01, 0.09, Outcome.INCONCLUSIVE),
        (None, None, Outcome.INCONCLUSIVE),
        (0.06, None, Outcome.FAIL),
    ],
)
def test_the_interval_says_pass_fail_or_inconclusive(
    low: float | None, high: float | None, outcome: Outcome
) -> None:
    assert non_inferior(Interval(0.0, low, high, 10), 0.05).outcome is outcome


def test_mirroring_turns_a_gain_into_a_loss_and_back() -> None:
    gain = Interval(0.2, 0.1, 0.4, 10)
    assert (mirrored(gain).low, mirrored(gain).high) == (-0.4, -0.1)
    assert mirrored(mirrored(gain)) == gain


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        non_inferior(Interval(0.0, -1.0, 1.0, 3), -0.1)
