"""The error that looks may spend."""

from __future__ import annotations

import pytest

from whet.stats.looks import look_level


def test_the_first_look_is_read_at_four_percent_and_later_ones_are_halved() -> None:
    assert [look_level(k) for k in (1, 2, 3, 4)] == [0.04, 0.005, 0.0025, 0.00125]


def test_any_number_of_looks_together_spends_five_percent_at_most() -> None:
    assert sum(look_level(k) for k in range(1, 200)) <= 0.05


def test_there_is_no_look_before_the_first() -> None:
    with pytest.raises(ValueError, match="from 1"):
        look_level(0)
