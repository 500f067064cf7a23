"""Answers without a form that nearly all the others have.

    98 % of the answers have a line that begins with '####'; this one has none.

What is looked for: JSON and its keys, lines that begin or answers that begin and end with the same
signs, code, more than one line.
"""

from __future__ import annotations

import json
import re
from collections import Counter

from whet.data.suspicion.reason import Found, Reason, Sign, quoted, ramp
from whet.data.suspicion.subject import Subject

MIN_ROWS = 30
MOST, ALL = 0.85, 0.98
"""Share of the answers that have a form, at which lacking it begins to count and counts in full."""
JSON = "are JSON"
_BEGIN = re.compile(r"^\s*([^\w\s]{1,6})")
_FIRST_WORD = re.compile(r"^\s*(\w+\W)")
_LINE = re.compile(r"^[ \t]*([^\w\s]{1,6})[ \t]?", re.MULTILINE)
_END = re.compile(r"([^\w\s])\s*$")


def form(subject: Subject) -> Found:
    """A reason at each answer that lacks a form of nearly all the others."""
    forms = {number: _forms(subject.answers[number]) for number in subject.prose}
    if len(forms) < MIN_ROWS:
        return
    counts = Counter(name for found in forms.values() for name in found)
    usual = {name: n / len(forms) for name, n in counts.items() if n >= MOST * len(forms)}
    for number, found in forms.items():
        missing = [name for name in usual if name not in found]
        if not missing:
            continue
        most = max(missing, key=lambda name: (usual[name], name == JSON, name))
        strength = 0.8 * ramp(usual[most], MOST, ALL)
        said = f"{usual[most]:.0%} of the answers {most}; this one does not."
        yield number, Reason(Sign.FORM, strength, said, subject.last(number))


def _forms(answer: str) -> set[str]:
    """What is told of the form of an answer, each as the end of a sentence."""
    found = {f"have a line that begins with {quoted(sign)}" for sign in _LINE.findall(answer)}
    if match := _BEGIN.match(answer):
        found.add(f"begin with {quoted(match.group(1))}")
    if match := _FIRST_WORD.match(answer):
        found.add(f"begin with {quoted(match.group(1).strip())}")
    if (match := _END.search(answer)) and match.group(1) not in ".!?":
        found.add(f"end with {quoted(match.group(1))}")
    elif match:
        found.add("end with a full stop or its like")
    if "\n" in answer.strip():
        found.add("have more than one line")
    if answer.lstrip()[:1] in ("{", "["):
        found |= _of_json(answer)
    return found


def _of_json(answer: str) -> set[str]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return set()
    keys = value if isinstance(value, dict) else ()
    return {JSON, *(f"have the key {quoted(str(key), 30)}" for key in keys)}
