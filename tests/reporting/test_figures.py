from __future__ import annotations

import math
from typing import Any

import pytest

from whet.reporting import figures


def test_shares_read_as_per_cent_and_their_gains_as_points() -> None:
    assert figures.value("exact_match", 0.8251) == "82.5 %"
    assert figures.span("exact_match", 0.79, 0.853) == "79.0 to 85.3 %"
    assert figures.gain("exact_match", 0.072) == "+7.2 points"
    assert figures.gain_span("exact_match", -0.001, 0.1) == "-0.1 to +10.0"
    assert figures.margin("exact_match", 0.02) == "2.0 points"


def test_other_metrics_keep_their_own_unit() -> None:
    assert figures.value("loss", 1.2344) == "1.234"
    assert figures.gain("loss", -0.0213) == "-0.0213"
    assert figures.span("bleu", 31.0, 33.5) == "31.000 to 33.500"


def test_a_gain_that_rounds_to_nothing_has_no_sign() -> None:
    assert figures.gain("exact_match", -0.0001) == "0.0 points"


@pytest.mark.parametrize("number", [None, math.nan, math.inf, -math.inf, "<b>", True, [1]])
def test_what_is_no_finite_number_is_said_to_be_unknown(number: Any) -> None:
    for told in (figures.plain, figures.duration, figures.size, figures.parameters, figures.count):
        assert told(number) == "not known"
    assert figures.value("exact_match", number) == "not known"
    assert figures.gain("loss", number) == "not known"
    assert figures.money(number, "USD") == "not known"
    assert figures.span("loss", number, 1.0) == "no interval"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (4.21, "4.2 s"),
        (59.97, "1 min 00 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 05 min"),
        (3599.6, "1 h 00 min"),
    ],
)
def test_durations_carry_into_the_next_unit(seconds: float, said: str) -> None:
    assert figures.duration(seconds) == said


def test_units_fit_the_size() -> None:
    assert figures.size(6_871_947_674) == "6.4 GiB"
    assert figures.size(512) == "512 bytes"
    assert figures.parameters(494_032_768) == "494 million"
    assert figures.money(0.0123, "USD") == "0.0123 USD"
    assert figures.money(1234.5, "EUR") == "1,234.50 EUR"
    assert figures.confidence(0.0025) == "99.75 %"


def test_one_thing_is_singular() -> None:
    assert figures.count(1, "item") == "1 item"
    assert figures.count(1200, "loss", "losses") == "1,200 losses"
