"""Facts in answers that will change: training teaches form, and such facts belong in documents.

A fact counts only where the answer has it of itself: where the row's question, system message or
documents hold facts of that kind it was copied or computed, and that is form. Dates before 2015 are
history, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from whet.data.checks.accused import share
from whet.data.checks.texts import free_answers
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_COUNT = 3
MIN_SHARE = 0.02
NUM_SHOWN = 2
FIRST_YEAR = 2015

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_CURRENCY = r"(?:[$\u20ac\u00a3\u00a5\u20b9]|\b(?:USD|EUR|GBP|CHF|JPY|CNY)\b)"
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
FACTS = {
    "prices": re.compile(
        rf"{_CURRENCY}\s?(?:{_NUMBER})|\b(?:{_NUMBER})\s?(?:{_CURRENCY}|euros?\b|dollars?\b"
        r"|pounds sterling\b|yuan\b|\u5143)"
    ),
    "dates": re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH}\.?\s+\d{{4}}\b"
        rf"|\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b|\b(?:19|20)\d\d-[01]\d-[0-3]\d\b"
        r"|\b[0-3]?\d[./][01]?\d[./](?:19|20)\d\d\b|(?:19|20)\d\d\u5e74\d{1,2}\u6708\d{1,2}\u65e5"
    ),
    "opening times": re.compile(
        r"\b(?:open(?:s|ed)?|close[sd]?|from)\b[^.\n]{0,20}?\b\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.)"
        r"|^\W*\d{1,2}:\d\d\W*$",
        re.IGNORECASE,
    ),
    "addresses": re.compile(
        r"\b\d{1,5}\s+(?:[A-Z][a-z]+\s+){1,3}"
        r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Boulevard|Blvd|Drive|Square)\b"
        r"|\b[A-Z][a-z\u00e4\u00f6\u00fc\u00df]+(?:stra\u00dfe|strasse|weg|platz|gasse)\s+\d{1,4}\b"
    ),
    "order numbers": re.compile(
        r"\b(?:order|ticket|invoice|tracking|booking|case|reference)(?:\s+(?:number|no\.?|id))?"
        r"\s*[:#]?\s*#?[A-Z]{0,4}-?\d{4,}\b",
        re.IGNORECASE,
    ),
}


def stale_facts(examples: Sequence[Example]) -> list[Finding]:
    """A note on the prices, dates, addresses and order numbers that answers know by heart."""
    rows = free_answers(examples) or list(examples)
    known: dict[str, list[tuple[Example, str]]] = {name: [] for name in FACTS}
    knowing = set()
    for index, row in enumerate(rows):
        for name, fact in _facts(row):
            known[name].append((row, fact))
            knowing.add(index)
    if len(knowing) < max(MIN_COUNT, MIN_SHARE * len(rows)):
        return []
    parts = [_part(name, found) for name, found in known.items() if found]
    message = (
        f"{share(len(knowing), len(rows))} answers hold facts that change and that their rows do "
        f"not give: {'; '.join(parts)}."
    )
    fix = "Teach form, not facts: put them into documents (rag) or into the question."
    return [Finding(Severity.NOTE, Kind.STALE_FACT, message, fix=fix)]


def _facts(row: Example) -> list[tuple[str, str]]:
    if not any(char.isdecimal() for char in row.answer):
        return []
    given = " ".join(message["content"] for message in row.prompt)
    found = []
    for name, expression in FACTS.items():
        fact = next((m.group() for m in expression.finditer(row.answer) if _changes(m.group())), "")
        numbers = re.findall(r"\d+", fact)
        known = all(number in given for number in numbers) or expression.search(given)
        if fact and not known:
            found.append((name, fact.strip()))
    return found


def _changes(fact: str) -> bool:
    years = re.findall(r"(?<!\d)(?:1[0-9]|20)\d\d(?!\d)", fact) if "$" not in fact else []
    return not years or int(years[-1]) >= FIRST_YEAR


def _part(name: str, found: list[tuple[Example, str]]) -> str:
    shown = [f"{printable(fact, 40)!r} ({row.source})" for row, fact in found[:NUM_SHOWN]]
    return f"{len(found):,} {name}, such as {listed(shown)}"
