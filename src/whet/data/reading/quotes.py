"""Curly quotes where JSON needs straight ones: what word processors and web pages make of a sample.

A text inside a string may hold any quotes. So they are the cause only where the text would be
JSON with straight ones in their place, or where one stands exactly where the parser stopped.
"""

from __future__ import annotations

import json

CURLY = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u2033"
_STRAIGHT = str.maketrans(dict.fromkeys(CURLY, '"'))
_DOUBLE = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'))
_MAX_TRIED = 2**16  # longer texts are judged by the sign at the fault alone

STRAIGHTEN = (
    'Replace the curly quotes around names and values by " (a word processor or web page made '
    "them); curly quotes inside a text may stay."
)


def curly_quote(text: str, position: int) -> str:
    """The curly quote that makes `text` invalid where the parser stopped, or an empty string."""
    near = text[position : position + 1]
    if near and near in CURLY:
        return near
    found = next((sign for sign in text[:_MAX_TRIED] if sign in CURLY), "")
    if found and len(text) <= _MAX_TRIED and any(map(_parses, _tries(text))):
        return found
    return ""


def _tries(text: str) -> tuple[str, str]:
    return text.translate(_DOUBLE), text.translate(_STRAIGHT)


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
