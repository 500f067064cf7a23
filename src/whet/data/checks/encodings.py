"""Text that was decoded wrongly before it came here: UTF-8 read as Windows-1252, Latin-1 or 1251.

Such text gives itself away: its odd signs, written back in the wrong encoding, are valid UTF-8
again. Real text almost never is; only runs of signs that become fewer, ordinary signs count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.texts import texts
from whet.data.places import at, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

REPLACEMENT = "\ufffd"
NUM_SIGNS_AROUND = 12

# Bytes that Windows-1252 leaves undefined were mapped to the control signs of the same number.
_BYTES = {
    char: bytes([byte])
    for byte in range(0x80, 0x100)
    for char in {bytes([byte]).decode("latin-1"), bytes([byte]).decode("cp1252", "ignore")} - {""}
}
_CYRILLIC_BYTES = {
    bytes([byte]).decode("cp1251", "ignore"): bytes([byte])
    for byte in range(0x80, 0x100)
    if byte != 0x98
}
_LEADS = (
    "\u00c2\u00c3\u00c4\u00c5\u00ce\u00cf\u00d0\u00d1\u00d7\u00d8\u00d9\u00e2\u00e3\u00ef\u00f0"
)
_RUN = re.compile(f"[{_LEADS}][{re.escape(''.join(_BYTES))}]+")
_CYRILLIC_RUN = re.compile(f"(?:[\u0420\u0421][{re.escape(''.join(_CYRILLIC_BYTES))}]){{3,}}")
MAX_PASSES = 3
"""Text can be decoded wrongly more than once."""


def repaired(text: str) -> str:
    """The text as it was meant; the same text where nothing is damaged."""
    for _ in range(MAX_PASSES):
        once = _RUN.sub(lambda match: _decoded(match.group(), _BYTES), text)
        once = _CYRILLIC_RUN.sub(lambda match: _decoded(match.group(), _CYRILLIC_BYTES), once)
        if once == text:
            break
        text = once
    return text


def _decoded(run: str, table: dict[str, bytes]) -> str:
    """The run as UTF-8, sign by sign; what is not UTF-8 stays."""
    data = b"".join(table[char] for char in run)
    fixed, index = "", 0
    while index < len(data):
        size = _sequence_length(data[index])
        try:
            fixed += data[index : index + size].decode("utf-8") if size > 1 else run[index]
        except UnicodeDecodeError:
            fixed, size = fixed + run[index], 1
        index += size
    plausible = all(char.isprintable() or char in "\u00a0\u200b\u200d\ufeff" for char in fixed)
    return fixed if plausible else run


def _sequence_length(lead: int) -> int:
    if 0xC2 <= lead <= 0xDF:
        return 2
    if 0xE0 <= lead <= 0xEF:
        return 3
    return 4 if 0xF0 <= lead <= 0xF4 else 1


def encoding_damage(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each row with damaged text, with what it would become."""
    findings = []
    for example in examples:
        for field, text in texts(example):
            message, fix = _damage(text)
            if message:
                found = at(example, Severity.WARNING, Kind.ENCODING_DAMAGE, message, fix)
                findings.append(replace(found, field=field))
                break
    return findings


def _damage(text: str) -> tuple[str, str]:
    if text.isascii():
        return "", ""
    fixed = repaired(text)
    if fixed != text:
        start = next(i for i, (a, b) in enumerate(zip(text, fixed + " ", strict=False)) if a != b)
        before, after = _around(text, start), _around(fixed, start)
        return (
            f"the text was decoded wrongly: {before!r} would be {after!r}.",
            "Mend the file, or read its source again as UTF-8.",
        )
    if REPLACEMENT in text:
        where = _around(text, text.index(REPLACEMENT))
        return (
            f"signs were lost when the text was decoded (U+FFFD): {where!r}.",
            "Read its source again in the right encoding.",
        )
    return "", ""


def _around(text: str, index: int) -> str:
    return printable(text[max(0, index - NUM_SIGNS_AROUND) : index + NUM_SIGNS_AROUND])
