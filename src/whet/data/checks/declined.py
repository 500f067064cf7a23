"""Answers that decline: a model trained on them declines more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.accused import summed
from whet.data.checks.texts import said_by_assistant
from whet.data.places import at, printable
from whet.data.refusals import is_refusal
from whet.findings import Finding, Kind, Severity
from whet.types import Example

_FIX = "Keep it only if a refusal is what you want here."


def refusals(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each answer that declines; one for all when they are many."""
    findings = []
    for example in examples:
        for field, answer in said_by_assistant(example):
            if is_refusal(answer):
                message = f"the answer declines: {printable(answer, 70)!r}."
                found = at(example, Severity.WARNING, Kind.REFUSAL, message, _FIX)
                findings.append(replace(found, field=field))
                break
    fix = "Keep them only if refusals are what you want: the model will learn to decline."
    return summed(findings, len(examples), "hold an answer that declines", fix)
