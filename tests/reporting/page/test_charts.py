from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.reporting.page.charts import scale, strip
from whet.reporting.page.curves import curves, thinned

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_a_scale_holds_every_value_between_its_ends(values: list[float]) -> None:
    on = scale(values)
    assert all(-0.01 <= on.at(value) <= 100.01 for value in values)
    assert 1 <= len(on.ticks()) <= 8


@pytest.mark.parametrize("values", [[], [0.0], [0.5, 0.5], [None, math.nan, math.inf]])
def test_a_scale_of_next_to_nothing_still_has_a_width(values: list[float | None]) -> None:
    on = scale(values)
    assert on.low < on.high


def test_the_bar_stands_where_its_interval_is() -> None:
    on = scale([0.0, 1.0])
    drawn = strip(0.5, 0.25, 0.75, on, [(0.1, "margin")])
    assert 'cx="50%"' in drawn
    assert '<line x1="25%" x2="75%"' in drawn
    assert re.search(r'<line x1="10%" x2="10%" [^>]*class="margin"', drawn)


def test_a_value_without_an_interval_is_a_dot_alone() -> None:
    drawn = strip(0.5, None, math.nan, scale([0.0, 1.0]))
    assert "circle" in drawn
    assert "line" not in drawn


def test_curves_leave_out_what_is_not_finite_and_mark_the_best_step() -> None:
    train = [(1, 2.0), (2, math.nan), (3, 1.0)]
    drawn = curves(train, [(3, math.inf), (4, 1.5)], 3, "Loss")
    assert not re.search("nan|inf", drawn)
    assert 'class="best"' in drawn
    assert 'aria-label="Loss"' in drawn
    lines = re.findall(r'points="([^"]*)" class="(\w+)"', drawn)
    assert {kind: len(points.split()) for points, kind in lines} == {"train": 2, "validation": 1}


def test_many_points_become_means_of_neighbours() -> None:
    few = thinned([(step, float(step % 2)) for step in range(10_000)])
    assert len(few) <= 300
    assert all(abs(loss - 0.5) < 0.02 for _, loss in few)
