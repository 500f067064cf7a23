"""A project's own words: required, forbidden, off the domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from whet.config import OffDomainConfig, PersonaConfig
from whet.evals.scorers.rules import off_domain, persona


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Dear guest, we thank you.", 1.0),
        ("DEAR  GUEST, we thank you.", 1.0),
        ("We thank you.", 0.0),
        ("Dear guest, lol.", 0.0),
        ("Dear guest, lollipops.", 1.0),
        ("Dear guest, call 0171 234.", 0.0),
    ],
)
def test_required_and_forbidden_words(
    item: Callable[..., Any], answer: str, expected: float
) -> None:
    rules = PersonaConfig(
        required=("dear guest",), forbidden=("lol",), forbidden_regex=(r"\d{4} \d{3}",)
    )
    assert persona(rules)(answer, item("x")) == expected


@pytest.mark.parametrize(
    ("off", "answer", "expected"),
    [
        ("true", "I can't help with that.", 1.0),
        ("true", "Please ask our shop instead.", 1.0),
        ("true", "Paris is nice.", 0.0),
        (False, "Paris is nice.", 1.0),
        ("no", "Sorry, I cannot help with that.", 0.0),
        ("maybe", "Paris is nice.", None),
        (None, "Paris is nice.", None),
    ],
)
def test_what_is_off_the_domain_is_to_be_declined_and_nothing_else(
    item: Callable[..., Any], off: Any, answer: str, expected: float | None
) -> None:
    rules = OffDomainConfig(column="off", declines=("ask our shop",))
    assert off_domain(rules)(answer, item("x", off=off)) == expected


def test_words_of_the_question_may_say_what_is_off_the_domain(item: Callable[..., Any]) -> None:
    score = off_domain(OffDomainConfig(words=("weather",)))
    assert score("Sunny.", item("x", "How is the weather?")) == 0.0
    assert score("Sunny.", item("x", "Where is my parcel?")) == 1.0


def test_rules_that_say_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="name at least one word"):
        PersonaConfig()
    with pytest.raises(ValidationError, match="one of the two ways"):
        OffDomainConfig()
    with pytest.raises(ValidationError, match="not a regular expression"):
        PersonaConfig(forbidden_regex=("(",))
