"""Numbers in texts, and when two are near enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.config import NumericConfig
from whet.evals.scorers.numeric import number_of, numbers, within_tolerance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5 in all", [1234.5]),
        ("from 3 to 5", [3.0, 5.0]),
        ("3-5", [3.0, 5.0]),
        ("-5 degrees", [-5.0]),
        ("\u22125", [-5.0]),
        ("1,2,3", [1.0, 2.0, 3.0]),
        ("12,34", [12.0, 34.0]),
        (".5 of it", [0.5]),
        ("1e3", [1000.0]),
        ("5km", [5.0]),
        ("v1.2 and A4", []),
        ("$1,000,000", [1000000.0]),
        ("the end is 42.", [42.0]),
        ("#### 72", [72.0]),
        ("", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, expected: list[float]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "thousands", "decimal", "expected"),
    [
        ("1.234,5", ".", ",", [1234.5]),
        ("1 234,5", "space", ",", [1234.5]),
        ("1\u202f234", "space", ",", [1234.0]),
        ("1234.5", "none", ".", [1234.5]),
        ("1,234", "none", ".", [1.0, 234.0]),
    ],
)
def test_signs_of_other_countries_are_a_setting(
    text: str, thousands: str, decimal: str, expected: list[float]
) -> None:
    assert numbers(text, thousands, decimal) == expected


def test_the_first_or_the_last_number_counts() -> None:
    assert number_of("2 + 2 = 4", NumericConfig()) == 4
    assert number_of("2 + 2 = 4", NumericConfig(which="first")) == 2


@pytest.mark.parametrize(
    ("settings", "answer", "gold", "expected"),
    [
        ({}, "it is 42.0", "42", 1.0),
        ({}, "41.9", "42", 0.0),
        ({"tolerance": 0.1}, "41.9", "42", 1.0),
        ({"tolerance": 0.2}, "0.1", "0.3", 1.0),
        ({"tolerance": 0.01, "kind": "relative"}, "99", "100", 1.0),
        ({"tolerance": 0.01, "kind": "relative"}, "98.9", "100", 0.0),
        ({"tolerance": 0.5, "kind": "relative"}, "0.1", "0", 0.0),
        ({}, "12 %", "0.12", 0.0),
        ({"percent": "share"}, "12 %", "0.12", 1.0),
        ({"percent": "share"}, "12", "12 %", 0.0),
        ({}, "no idea", "42", 0.0),
        ({}, "42", "no number", None),
    ],
)
def test_an_answer_is_near_enough_or_not(
    item: Callable[..., Any],
    settings: dict[str, Any],
    answer: str,
    gold: str,
    expected: float | None,
) -> None:
    assert within_tolerance(NumericConfig(**settings))(answer, item(gold)) == expected


def test_any_reference_will_do(item: Callable[..., Any]) -> None:
    score = within_tolerance(NumericConfig())
    assert score("7", item("5", references=["7", "none"])) == 1.0


@given(st.integers(-(10**12), 10**12))
def test_thousands_never_change_a_whole_number(value: int) -> None:
    assert numbers(f"{value:,}") == numbers(str(value)) == [float(value)]
