"""Answers that would be JSON but for the curly quotes of a word processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.accused import summed
from whet.data.checks.texts import said_by_assistant
from whet.data.places import at
from whet.data.texts import straight_quotes
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def typographic_quotes(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each answer that curly quotes keep from being JSON."""
    fix = 'Write " for every curly quote: a model that learns them writes JSON no one can read.'
    findings = []
    for example in examples:
        for field, answer in said_by_assistant(example):
            if straight_quotes(answer) != answer:
                message = "the answer is JSON but for its curly quotes."
                found = at(example, Severity.WARNING, Kind.TYPOGRAPHIC_QUOTES, message, fix)
                findings.append(replace(found, field=field))
    return summed(findings, len(examples), "have answers that are JSON but for curly quotes", fix)
