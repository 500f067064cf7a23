from __future__ import annotations

import pytest

from whet.retrieval import mean_reciprocal_rank, recall_at

FOUND = [["a", "b", "c"], ["x", "y"], []]
GOLD = [{"b", "z"}, {"x"}, {"q"}]


def test_recall_counts_gold_among_the_first_k() -> None:
    assert recall_at(1, FOUND, GOLD) == pytest.approx((0 + 1 + 0) / 3)
    assert recall_at(3, FOUND, GOLD) == pytest.approx((0.5 + 1 + 0) / 3)


def test_reciprocal_rank_is_that_of_the_first_gold() -> None:
    assert mean_reciprocal_rank(FOUND, GOLD) == pytest.approx((1 / 2 + 1 + 0) / 3)


@pytest.mark.parametrize("gold", [[], [{"a"}], [{"a"}, set(), {"b"}]])
def test_a_query_without_gold_has_no_measure(gold: list[set[str]]) -> None:
    with pytest.raises(ValueError, match="gold"):
        recall_at(3, FOUND, gold)
