"""Keys and personal data replaced by placeholders: `[API_KEY]`, `[EMAIL_ADDRESS]`.

What counts as one is what `whet check` looks for, so nothing that it finds is left.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from whet.data.checks.sensitive import PATTERNS, Pattern
from whet.findings import Severity

PLACEHOLDER = re.compile(r"\[[A-Z0-9_]+\]")

_KEY_END = re.compile(r"-----END (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"(?:\\[nr]|[A-Za-z0-9+/=\s])*")


def masker(severity: Severity) -> Callable[[str], str]:
    """A function that masks keys (`ERROR`) or personal data (`WARNING`) in a text."""
    patterns = [pattern for pattern in PATTERNS if pattern.severity is severity]

    def mask(text: str) -> str:
        for pattern in patterns:
            if pattern.hint in text:
                text = _masked(text, pattern)
        return text

    return mask


def placeholder(pattern: Pattern) -> str:
    """What stands for a value: the name of its kind in capitals."""
    name = re.sub(r"^(an?|the) ", "", pattern.name)
    return f"[{re.sub(r'[^A-Za-z0-9]+', '_', name).upper()}]"


def pseudonym(group: str) -> str:
    """A name for a group whose own has to be hidden: equal groups stay equal."""
    return f"group-{hashlib.sha256(group.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _masked(text: str, pattern: Pattern) -> str:
    pieces, end = [], 0
    group = "value" if "value" in pattern.expression.groupindex else 0
    for match in pattern.expression.finditer(text):
        start, stop = match.span(group)
        if start < end or not pattern.holds(match.group(group)):
            continue
        pieces += [text[end:start], placeholder(pattern)]
        end = _key_end(text, stop) if "private key" in pattern.name else stop
    return "".join([*pieces, text[end:]])


def _key_end(text: str, start: int) -> int:
    """Where a private key ends: at its END line, or with its last base64 character."""
    closing = _KEY_END.search(text, start)
    if closing:
        return closing.end()
    body = _KEY_BODY.match(text, start)
    return body.end() if body else start
