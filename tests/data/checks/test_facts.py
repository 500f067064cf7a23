"""Facts that change, which answers know by heart."""

from __future__ import annotations

import pytest

from whet.data.checks.facts import stale_facts
from whet.findings import Severity


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        ("It costs $49.90.", "prices"), ("It costs 15 euros.", "prices"), ("EUR 1,200", "prices"),
        ("It ships on 3 March 2026.", "dates"), ("Until 2025-11-30.", "dates"),
        ("We open at 9:30 am.", "opening times"), ("7:00", "opening times"),
        ("Come to 221 Baker Street.", "addresses"), ("Hauptstra\u00dfe 12", "addresses"),
        ("Your order #48213 is on its way.", "order numbers"),
    ],
)  # fmt: skip
def test_a_fact_is_told_with_its_kind_and_an_example(row, fact: str, name: str) -> None:
    rows = [row(f"When and where {n}?", fact, n) for n in range(1, 5)]
    (finding,) = stale_facts([*rows, row("Hi", "Hello, how can I help you today?", 5)])
    assert finding.severity is Severity.NOTE
    assert "4 of 5 (80 %) answers hold facts that change" in finding.message
    assert f"4 {name}, such as '" in finding.message


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("The price is $49.90. Write a line.", "Only $49.90!"),
        ("A pen costs $2. What do 7 cost?", "They cost $14."),
        ("When did the war end?", "It ended on September 2, 1945."),
        ("How many legs has a spider?", "A spider has 8 legs."),
        ("Which room?", "Room 12 at the end of the hall."),
    ],
)
def test_what_was_given_computed_or_is_history_is_no_such_fact(row, question, answer) -> None:
    assert stale_facts([row(question, f"{answer} {'x' * n}", n) for n in range(1, 30)]) == []


def test_a_rare_fact_is_not_worth_a_word(row) -> None:
    rows = [row(f"q {n}", f"plain answer {'x' * n}", n) for n in range(1, 300)]
    assert stale_facts([*rows, *[row("q", "It costs $5.", n) for n in range(300, 303)]]) == []
