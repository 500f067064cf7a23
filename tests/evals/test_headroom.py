"""Reasons not to train, found before a GPU is paid for."""

from __future__ import annotations

import pytest

from whet.evals.headroom import StopKind, before_training


def test_a_baseline_within_the_margin_of_perfect_leaves_nothing_to_gain() -> None:
    stop = before_training("few_shot", 0.985, num_test_items=500, margin=0.02, level=0.04)
    assert stop is not None and stop.kind is StopKind.NO_HEADROOM
    assert "few_shot reaches 98.5%" in stop.reason and "--train-anyway" in stop.remedy


def test_a_test_set_that_could_not_show_a_perfect_model_stops_without_a_look() -> None:
    stop = before_training("prompt", 0.9, num_test_items=30, margin=0.02, level=0.04)
    assert stop is not None and stop.kind is StopKind.TEST_TOO_SMALL
    assert "test items" in stop.remedy and "No look" in stop.remedy


def test_the_number_it_asks_for_is_enough() -> None:
    stop = before_training("prompt", 0.9, num_test_items=30, margin=0.02, level=0.04)
    assert stop is not None
    wanted = int(stop.remedy.split("at least ")[1].split(" ")[0].replace(",", ""))
    again = before_training("prompt", 0.9, num_test_items=wanted, margin=0.02, level=0.04)
    assert again is None


@pytest.mark.parametrize("value", [0.0, 0.4, 0.8])
def test_where_there_is_room_and_enough_items_training_goes_ahead(value: float) -> None:
    assert before_training("p", value, num_test_items=200, margin=0.02, level=0.04) is None
