"""Answers that are not of one piece: some with lists or greetings, most without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import quantiles

from whet.data.checks.accused import lines_of
from whet.data.checks.texts import free_answers
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_ROWS = 30
MIN_SHARE = 0.02
MAX_SHARE = 0.35
"""Between these shares a trait is a minority's; above, answers simply vary."""
MIN_COUNT = 3
NUM_PLACES = 2
MAX_CHARS = 3000
MIN_LENGTH_RATIO = 20.0

TRAITS = {
    "use markdown": re.compile(r"^#{1,6} |\*\*[^*\n]+\*\*|^[ \t]*[-*] \S|^```", re.MULTILINE),
    "are numbered lists": re.compile(r"^[ \t]*1[.)] .*\n(?:.*\n){0,20}?[ \t]*2[.)] ", re.MULTILINE),
    "begin with a greeting": re.compile(
        r"^\W*(?:hi|hello|hey|dear|greetings|good (?:morning|day|afternoon|evening))\b", re.I
    ),
    "begin by agreeing": re.compile(
        r"^\W*(?:sure|certainly|of course|absolutely|great|okay|ok|yes, (?:sure|of course))[,!.]",
        re.I,
    ),
    "speak of themselves (I, we)": re.compile(r"\b(?:I|we|We|my|My|our|Our)\b"),
    "address the reader (you)": re.compile(r"\byou(?:r|rs|'re|'ll)?\b", re.I),
    "end with a question": re.compile(r"[?\uff1f]\s*$"),
    "hold emoji": re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf]"),
    "name themselves an AI": re.compile(r"\bas an AI\b|\bAI language model\b", re.I),
    "are JSON": re.compile(r"^\s*[\[{].*[\]}]\s*$", re.DOTALL),
}


def style(examples: Sequence[Example]) -> list[Finding]:
    """One note on the traits that a minority of the free-text answers has, with examples."""
    rows = free_answers(examples)
    if len(rows) < MIN_ROWS:
        return []
    said = [part for name, trait in TRAITS.items() if (part := _minority(name, trait, rows))]
    said += _length_spread(rows)
    if not said:
        return []
    message = f"answers differ in style: {'; '.join(said)}."
    fix = "Answers of one style teach faster; let those differ that have a reason to."
    return [Finding(Severity.NOTE, Kind.STYLE, message, fix=fix)]


def _minority(name: str, trait: re.Pattern[str], rows: Sequence[Example]) -> str:
    having = [bool(trait.search(_ends(row.answer))) for row in rows]
    share = sum(having) / len(rows)
    rare = share <= 0.5
    minority = [row.source for row, has in zip(rows, having, strict=True) if has == rare]
    part = len(minority) / len(rows)
    if len(minority) < MIN_COUNT or not MIN_SHARE <= part <= MAX_SHARE:
        return ""
    places = lines_of([source.rpartition("/")[2] for source in minority], NUM_PLACES)
    said = f"{100 * part:.0f} %" if rare else f"all but {100 * part:.0f} %"
    return f"{said} {name} ({'as' if rare else 'without:'} {places})"


def _ends(text: str) -> str:
    """The beginning and the end of a long text, where style shows; short texts whole."""
    return text if len(text) <= 2 * MAX_CHARS else f"{text[:MAX_CHARS]}\n{text[-MAX_CHARS:]}"


def _length_spread(rows: Sequence[Example]) -> list[str]:
    tenths = quantiles([len(row.answer) for row in rows], n=10)
    low, high = round(tenths[0]), round(tenths[-1])
    if high < MIN_LENGTH_RATIO * max(low, 1):
        return []
    return [f"the shortest tenth has at most {low:,} characters, the longest at least {high:,}"]
