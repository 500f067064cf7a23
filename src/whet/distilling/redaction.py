"""Keys and personal data out of a text, before it is written anywhere.

What is looked for is what `whet check` warns of; each value becomes a placeholder that says what
stood there. Names, addresses and anything else without a fixed shape stay: read before you train.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from whet.data.checks.sensitive import found_in

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----"
    r".*?(?:-----END (?P=kind)-----|\Z)",
    re.DOTALL,
)


def redact(value: Any, counts: Counter[str]) -> Any:
    """The value with every text in it redacted; `counts` gains what was found, by kind.

    Keys of objects are redacted too: some logs put an address there.
    """
    if isinstance(value, str):
        return _redact_text(value, counts)
    if isinstance(value, list):
        return [redact(item, counts) for item in value]
    if isinstance(value, dict):
        return {_redact_text(str(k), counts): redact(v, counts) for k, v in value.items()}
    return value


def _redact_text(text: str, counts: Counter[str]) -> str:
    text, num_blocks = _KEY_BLOCK.subn("[private key]", text)
    if num_blocks:
        counts["private key"] += num_blocks
    found = [(shape.name, value) for shape, values in found_in(text) for value in values]
    for name, value in sorted(found, key=lambda pair: -len(pair[1])):
        kind = re.sub(r"^(?:an?|the) ", "", name)
        counts[kind] += value in text
        text = text.replace(value, f"[{kind}]")
    return text
