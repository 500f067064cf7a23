"""Keys and personal data in the rows: a model repeats what it was trained on.

Values are masked in messages. Keys are errors, personal data are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whet.data.checks.shapes import PERSONAL, SECRETS, Shape
from whet.data.checks.texts import descriptions, texts
from whet.data.places import place
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def sensitive(examples: Sequence[Example]) -> list[Finding]:
    """One finding for each kind of sensitive value in each message."""
    return [finding for example in examples for finding in _in_example(example)]


def _in_example(example: Example) -> Iterator[Finding]:
    file, line = place(example)
    for field, text in (*texts(example), *descriptions(example)):
        for shape, values in found_in(text):
            more = f" and {len(values) - 1} more" if len(values) > 1 else ""
            said = f"holds {shape.name} ({masked(values[0])}){more}."
            is_secret = shape.severity is Severity.ERROR
            kind = Kind.SECRET if is_secret else Kind.PERSONAL_DATA
            fix = "Replace it and revoke it." if is_secret else "Replace it by a made-up one."
            yield Finding(shape.severity, kind, said, file, line, field, fix, example.id)


def found_in(text: str) -> Iterator[tuple[Shape, list[str]]]:
    """Each shape that occurs in a text, with its values; a value counts under one shape only."""
    taken: list[str] = []
    for shape in _worth_trying(text):
        values = [v for v in shape.values(text) if not any(v in other for other in taken)]
        if values:
            taken += values
            yield shape, values


_SECRET_HINT = re.compile("|".join(re.escape(hint) for shape in SECRETS for hint in shape.hints))
# An @, seven digits close together, four numbers with dots, an IBAN's beginning, an IPv6 group.
_PERSONAL_HINT = re.compile(
    r"@|\d(?:[ .()-]{0,2}\d){6}|\d\.\d{1,3}\.\d|\b[A-Z]{2}\d\d|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:",
    re.ASCII,
)


def _worth_trying(text: str) -> Iterator[Shape]:
    if _SECRET_HINT.search(text):
        yield from SECRETS
    if _PERSONAL_HINT.search(text):
        yield from PERSONAL


def masked(value: str) -> str:
    """The first four characters and the length; nothing more of a secret is ever shown."""
    return f"{value[:4]}..., {len(value)} characters"
