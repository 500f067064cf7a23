"""Texts that were never filled in: {{name}}, TODO, nan, lorem ipsum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.accused import summed
from whet.data.checks.texts import said_by_assistant
from whet.data.places import at, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

_WHOLE = frozenset(
    ["nan", "undefined", "todo", "tbd", "#n/a", "#ref!", "#value!", "<noinput>", "<nooutput>"]
) | {"[object object]"}  # fmt: skip
_PARTS = re.compile(
    r"\{\{\s*[A-Za-z_][\w. ]{0,40}\s*\}\}|\blorem ipsum\b|<nooutput>|<noinput>|\[object Object\]",
    re.IGNORECASE,
)
_FIX = "Fill it in, or take the row out: the model learns to write it."


def placeholders(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each answer with something in it that was never filled in."""
    findings = []
    for example in examples:
        asked = "".join(message["content"] for message in example.prompt)
        for field, answer in said_by_assistant(example):
            text = placeholder(answer)
            if text and text not in asked.replace(answer, ""):
                message = f"the answer holds {printable(text)!r}, which was never filled in."
                found = at(example, Severity.WARNING, Kind.PLACEHOLDER, message, _FIX)
                findings.append(replace(found, field=field))
                break
    seen = "hold an answer with something in it that was never filled in"
    return summed(findings, len(examples), seen, "Fill it in: the model learns to write it.")


def placeholder(answer: str) -> str:
    """The first thing in an answer that was never filled in, or an empty string."""
    if answer.strip().lower() in _WHOLE:
        return answer.strip()
    match = _PARTS.search(answer)
    return match.group() if match else ""
