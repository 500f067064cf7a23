"""Before training: is there anything to gain, and could this test set show it?

Asked after the baselines have been chosen on validation, and before a GPU is paid for. Nothing
here looks at test items.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from whet.stats.power import POWER, items_to_show, power


class StopKind(StrEnum):
    """Why nothing was trained."""

    NO_HEADROOM = "no_headroom"
    TEST_TOO_SMALL = "test_too_small"


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason not to train, as a sentence, and what to do about it."""

    kind: StopKind
    reason: str
    remedy: str


def before_training(
    best: str,
    validation_value: float,
    *,
    num_test_items: int,
    margin: float,
    level: float,
    best_possible: float = 1.0,
) -> Stop | None:
    """Why training would be a waste, or None.

    No headroom: the best baseline is nearer to a perfect score than the margin, so that no
    candidate can win by more than it. Test too small: even a *perfect* candidate, which loses no
    item to the baseline, would be shown to win with a chance below 90 %. The second check gives
    training every benefit of the doubt; `smallest_gain` says what a likelier candidate needs.

    Args:
        best: Name of the best baseline on validation.
        validation_value: Its score there.
        num_test_items: Size of the test set.
        margin: What a gain has to exceed.
        level: Two-sided level of the look that would be taken.
        best_possible: The score of a perfect answer.
    """
    room = best_possible - validation_value
    if room <= margin + 1e-12:
        return Stop(
            StopKind.NO_HEADROOM,
            f"Nothing was trained: {best} reaches {validation_value:.1%} on validation and leaves"
            f" {room:.1%} to gain, no more than the margin of {margin:.1%}.",
            f"Use {best}. To train all the same: --train-anyway.",
        )
    chance = power(num_test_items, room, margin=margin, level=level, discordance=room)
    if chance >= POWER:
        return None
    wanted = items_to_show(room, margin=margin, level=level, discordance=room)
    more = f"at least {wanted:,} test items" if wanted else "a smaller margin or another metric"
    return Stop(
        StopKind.TEST_TOO_SMALL,
        f"Nothing was trained: {best} reaches {validation_value:.1%} on validation, and"
        f" {num_test_items} test items would show even a perfect model to be better with a chance"
        f" of {chance:.0%} only.",
        f"This question needs {more}. No look at the test items was spent."
        " To train all the same: --train-anyway.",
    )
