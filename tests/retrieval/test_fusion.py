from __future__ import annotations

import pytest

from whet.retrieval import fuse_ranks


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    fused = fuse_ranks([[7, 3, 5], [3, 9]])
    assert fused == [
        (3, pytest.approx(1 / 62 + 1 / 61)),
        (7, pytest.approx(1 / 61)),
        (9, pytest.approx(1 / 62)),
        (5, pytest.approx(1 / 63)),
    ]


def test_one_ranking_keeps_its_order_and_none_is_empty() -> None:
    assert [item for item, _ in fuse_ranks([[4, 2, 8]])] == [4, 2, 8]
    assert fuse_ranks([]) == []
