"""Power of the rule that decides, the smallest gain, and how many more items are wanted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.stats.power import (
    ItemsWanted,
    items_to_show,
    items_wanted,
    power,
    smallest_gain,
    votes_wanted,
)
from whet.stats.proportions import paired_score
from whet.types import Interval


def test_power_is_how_often_the_interval_decides() -> None:
    rng = np.random.default_rng(0)
    rows, times = np.unique(
        rng.multinomial(120, [0.2, 0.08, 0.72], size=20_000), axis=0, return_counts=True
    )
    wins = np.array(
        [(paired_score(int(b), int(c), 120, 0.04).low or 0.0) > 0.02 for b, c, _ in rows]
    )
    expected = times[wins].sum() / times.sum()
    found = power(120, 0.12, margin=0.02, level=0.04, discordance=0.28)
    assert found == pytest.approx(expected, abs=0.012)


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 600), st.floats(0.0, 0.05), st.floats(0.0, 0.5))
def test_without_a_gain_above_the_margin_power_is_the_error_of_one_end(
    n: int, margin: float, losses: float
) -> None:
    found = power(n, margin, margin=margin, level=0.04, discordance=margin + losses)
    assert found <= 1.4 * 0.02


def test_the_smallest_gain_is_shown_nine_times_in_ten_and_shrinks_with_the_test_set() -> None:
    gains = [smallest_gain(n, margin=0.02, level=0.04) for n in (50, 200, 1_000, 5_000)]
    assert all(gain is not None for gain in gains)
    assert gains == sorted(gains, key=lambda gain: -(gain or 0))
    assert gains[1] is not None
    assert power(200, gains[1], margin=0.02, level=0.04, discordance=0.3) >= 0.9
    assert power(200, gains[1] - 0.005, margin=0.02, level=0.04, discordance=0.3) < 0.91


def test_a_handful_of_items_shows_nothing() -> None:
    assert smallest_gain(0) is None
    assert smallest_gain(2, level=0.04) is None


def test_items_to_show_a_gain_are_enough_and_not_many_too_many() -> None:
    n = items_to_show(0.1, margin=0.02, level=0.04, discordance=0.2)
    assert n is not None
    assert power(n, 0.1, margin=0.02, level=0.04, discordance=0.2) >= 0.9
    assert power(int(0.95 * n), 0.1, margin=0.02, level=0.04, discordance=0.2) < 0.9
    assert items_to_show(0.02, margin=0.02, level=0.04) is None


def test_fewer_ties_need_fewer_items_with_votes_for_the_same_share_of_decisions() -> None:
    few, many = votes_wanted(0.2, tie_rate=0.5), votes_wanted(0.2, tie_rate=0.0)
    assert few is not None and many is not None and few < many
    with pytest.raises(ValueError, match="ties"):
        votes_wanted(0.6, tie_rate=0.5)


def test_a_clear_open_comparison_wants_a_bounded_range_of_items() -> None:
    seen = paired_score(30, 14, 200, 0.04)
    found = items_wanted(seen, margin=0.02, level=0.005)
    assert found.high is not None and 0 < found.low < found.high


def test_a_gain_at_the_margin_wants_no_number_that_would_settle_it() -> None:
    found = items_wanted(paired_score(20, 18, 100, 0.04), margin=0.02, level=0.005)
    assert found.high is None
    assert str(found).endswith("or more")


def test_the_range_reads_as_a_person_would_write_it() -> None:
    assert str(ItemsWanted(120, 2_400)) == "120 to 2,400"
    assert str(ItemsWanted(90, 90)) == "90"


def test_an_interval_without_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="without ends"):
        items_wanted(Interval(0.1, None, None, 1), margin=0.02, level=0.04)
