"""Keys and personal data replaced by placeholders: `[API_KEY]`, `[EMAIL_ADDRESS]`.

What counts as one is what `whet check` looks for, so nothing that it finds is left. Names,
addresses and anything else without a fixed shape stay: read before you train.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection

from whet.data.checks.sensitive import found_in
from whet.data.checks.shapes import Shape
from whet.findings import Severity

PLACEHOLDER = re.compile(r"\[[A-Z0-9_]+\]")

# A private key ends at its END line, or with its last base64 character where it was cut.
_KEY_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:(?!-----BEGIN).)*?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:\\[nr]|[A-Za-z0-9+/=\s])*)",
    re.DOTALL,
)
ALL = (Severity.ERROR, Severity.WARNING)


def mask(
    text: str, severities: Collection[Severity] = ALL, counts: Counter[str] | None = None
) -> str:
    """The text with keys (`ERROR`) and personal data (`WARNING`) masked; `counts` gains them."""
    counts = Counter() if counts is None else counts
    if Severity.ERROR in severities and "PRIVATE KEY" in text:
        text, num_blocks = _KEY_BLOCK.subn("[PRIVATE_KEY]", text)
        counts += Counter({"PRIVATE_KEY": num_blocks})
    found = [
        (value, placeholder(shape))
        for shape, values in found_in(text)
        if shape.severity in severities
        for value in values
    ]
    for value, name in sorted(found, key=lambda pair: -len(pair[0])):
        counts[name.strip("[]")] += value in text
        text = text.replace(value, name)
    return text


def masker(severity: Severity) -> Callable[[str], str]:
    """A function that masks what is of one severity."""
    return lambda text: mask(text, (severity,))


def placeholder(shape: Shape) -> str:
    """What stands for a value: the name of its kind in capitals."""
    name = re.sub(r"^(an?|the) ", "", shape.name)
    return f"[{re.sub(r'[^A-Za-z0-9]+', '_', name).upper()}]"


def pseudonym(group: str) -> str:
    """A name for a group whose own has to be hidden: equal groups stay equal."""
    return f"group-{hashlib.sha256(group.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
