"""Openings and closings that many answers share."""

from __future__ import annotations

from whet.data.checks.boilerplate import boilerplate
from whet.findings import Severity

WORDS = [
    "apple",
    "bridge",
    "candle",
    "desert",
    "engine",
    "forest",
    "garden",
    "hammer",
    "island",
    "jacket",
    "kettle",
    "lemon",
]


def texts(number: int, form: str = "{} {} {} {}") -> list[str]:
    """Answers of different words, in a form."""
    return [
        form.format(*(WORDS[(n * k + n) % 12] + str(n) for k in (1, 3, 5, 7)))
        for n in range(number)
    ]


def test_a_filler_is_a_warning_with_its_count_and_places(answers) -> None:
    rows = answers(*texts(90), *texts(10, "Sure! Here is what you need: {} {} {} {}"))
    (finding,) = boilerplate(rows)
    assert finding.severity is Severity.WARNING
    assert "10 of 100 (10 %) answers begin with 'Sure Here is what you need'" in finding.message
    assert "t.jsonl:91" in finding.message


def test_a_filler_at_the_end_is_found_too(answers) -> None:
    rows = answers(*texts(90), *texts(10, "{} {} {} {}. I hope this helps!"))
    (finding,) = boilerplate(rows)
    assert "answers end with 'I hope this helps'" in finding.message


def test_other_words_are_a_note_from_a_tenth_on(answers) -> None:
    rows = answers(*texts(80), *texts(20, "Our shop sells the {} {} {} {}"))
    (finding,) = boilerplate(rows)
    assert finding.severity is Severity.NOTE
    assert "begin with 'Our shop sells the'" in finding.message
    assert boilerplate(answers(*texts(95), *texts(5, "Our shop sells the {} {} {} {}"))) == []


def test_labels_and_answers_that_are_all_alike_are_no_frame(answers) -> None:
    assert boilerplate(answers(*["lost or stolen card", "card not working"] * 20)) == []
    assert boilerplate(answers(*texts(60), *["You are welcome"] * 20)) == []
