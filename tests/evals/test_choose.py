"""Choosing the strongest baseline on validation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from whet.evals.choose import Option, choose, validation_sample
from whet.types import Example


def _items(n: int) -> list[Example]:
    return [
        Example.of(
            [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": "a"}], f"v:{i}"
        )
        for i in range(n)
    ]


def _share(value: float, items: Sequence[Example]) -> list[float | None]:
    return [float(i < value * len(items)) for i in range(len(items))]


def test_the_best_score_wins_and_every_try_is_recorded() -> None:
    options = [Option("short", 0.4), Option("labels", 0.7), Option("long", 0.6)]
    found = choose(options, _share, _items(50))
    assert found.chosen.name == "labels" and found.num_items == 50
    record = found.to_json()
    assert [row["name"] for row in record["tried"]] == ["short", "labels", "long"]
    assert record["tried"][0]["value"] == pytest.approx(0.4)
    assert record["tried"][0]["low"] < 0.4 < record["tried"][0]["high"]


def test_of_equals_the_cheaper_wins_then_the_first() -> None:
    options = [Option("8", 0.5, 8.0), Option("2", 0.5, 2.0), Option("2b", 0.5, 2.0)]
    assert choose(options, _share, _items(20)).chosen.name == "2"


def test_every_option_sees_the_same_items_within_the_budget() -> None:
    seen: list[list[str]] = []

    def evaluate(value: int, items: Sequence[Example]) -> list[float | None]:
        seen.append([item.id for item in items])
        return [1.0] * len(items)

    found = choose([Option("a", 1), Option("b", 2)], evaluate, _items(60), budget=10)
    assert seen[0] == seen[1] and len(seen[0]) == found.num_items == 10


def test_the_sample_does_not_depend_on_the_order_of_the_items() -> None:
    items = _items(100)
    one = {item.id for item in validation_sample(items, 20)}
    assert one == {item.id for item in validation_sample(items[::-1], 20)}
    assert one != {item.id for item in validation_sample(items, 20, seed=1)}


def test_an_option_that_could_not_be_scored_never_beats_one_that_could() -> None:
    def evaluate(value: str, items: Sequence[Example]) -> list[float | None]:
        return [None if value == "broken" else 0.0] * len(items)

    found = choose([Option("broken", "broken"), Option("poor", "poor")], evaluate, _items(5))
    assert found.chosen.name == "poor" and found.tried[0].score is None


def test_without_validation_items_the_cheapest_is_taken() -> None:
    found = choose([Option("dear", 0.5, 9.0), Option("cheap", 0.5, 1.0)], _share, [])
    assert (found.chosen.name, found.score, found.num_items) == ("cheap", None, 0)


def test_nothing_to_choose_from_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to choose"):
        choose([], _share, _items(3))
