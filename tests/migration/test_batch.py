from __future__ import annotations

import random

import pytest

from whet.migration import packed_share


def test_equal_rows_fill_a_pack_exactly() -> None:
    assert packed_share([50] * 100, 500) == 10


def test_a_row_longer_than_a_pack_fills_one() -> None:
    assert packed_share([900, 900], 500) == 1


def test_long_rows_take_short_ones_beside_them() -> None:
    assert packed_share([400, 400, 100, 100], 500) == 2


def test_packs_are_nearly_full_for_mixed_rows() -> None:
    drawn = random.Random(0)
    lengths = [drawn.randint(5, 400) for _ in range(3000)]
    ideal = 2048 / (sum(lengths) / len(lengths))
    assert packed_share(lengths, 2048) == pytest.approx(ideal, rel=0.02)


def test_without_rows_a_row_is_an_example() -> None:
    assert packed_share([], 100) == 1
