"""Answers that would be JSON but for the curly quotes of a word processor."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.accused import summed
from whet.data.checks.texts import said_by_assistant
from whet.data.places import at
from whet.findings import Finding, Kind, Severity
from whet.types import Example

_CURLY = str.maketrans({
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2033": '"', "\uff02": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ",
})  # fmt: skip
_FENCED = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n\s*```\s*$", re.DOTALL)


def straightened(answer: str) -> str | None:
    """The answer with straight quotes if those alone make it JSON, else None."""
    fenced = _FENCED.match(answer)
    text = (fenced.group(1) if fenced else answer).strip()
    if text[:1] not in ("{", "[") or text.isascii() or _is_json(text):
        return None
    straight = text.translate(_CURLY)
    return straight if straight != text and _is_json(straight) else None


def typographic_quotes(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each answer that curly quotes keep from being JSON."""
    fix = 'Write " for every curly quote: a model that learns them writes JSON no one can read.'
    findings = []
    for example in examples:
        for field, answer in said_by_assistant(example):
            if straightened(answer) is not None:
                message = "the answer is JSON but for its curly quotes."
                found = at(example, Severity.WARNING, Kind.TYPOGRAPHIC_QUOTES, message, fix)
                findings.append(replace(found, field=field))
    return summed(findings, len(examples), "have answers that are JSON but for curly quotes", fix)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
