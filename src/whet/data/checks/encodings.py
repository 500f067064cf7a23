"""Text that was decoded wrongly before it came here: UTF-8 read as Windows-1252, Latin-1 or 1251.

Such text gives itself away: its odd signs, written back in the wrong encoding, are valid UTF-8. In
real text a lead sign before a continuation sign does occur (a capital before a closing quote,
or a French word before a spaced guillemet); so a sequence counts only with a sign that no
one writes there, or beside another sequence.
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
MAX_PASSES = 3
"""Text can be decoded wrongly more than once."""


def _signs(low: int, high: int, encoding: str) -> dict[str, int]:
    """Bytes by the sign that they are read as; what the encoding leaves out is a control sign."""
    bytes_ = range(low, high)
    return {chr(byte): byte for byte in bytes_} | {
        sign: byte for byte in bytes_ if (sign := bytes([byte]).decode(encoding, "ignore"))
    }


def _class(low: int, high: int, encoding: str) -> str:
    return f"[{re.escape(''.join(_signs(low, high, encoding)))}]"


def _sequences(encoding: str) -> str:
    """UTF-8 sequences of two, three and four bytes, as the signs that they are read as."""
    more = _class(0x80, 0xC0, encoding)
    return (
        f"(?:{_class(0xC2, 0xE0, encoding)}{more}|{_class(0xE0, 0xF0, encoding)}{more}{{2}}"
        f"|{_class(0xF0, 0xF5, encoding)}{more}{{3}})"
    )


_WESTERN = _signs(0x80, 0x100, "cp1252")
_CYRILLIC = _signs(0x80, 0x100, "cp1251")
_RUN = re.compile(f"{_sequences('cp1252')}+")
_CYRILLIC_RUN = re.compile(f"(?:[\u0420\u0421]{_class(0x80, 0xC0, 'cp1251')}){{3,}}")
# What people write after a letter with an accent: quotes, dashes, guillemets, a no-break space.
_WRITTEN = set(
    "\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026\u2022\u2039\u203a\u00ab\u00bb\u00a0\u00b7"
)
_FEW = 2
# Signs that are not printable and yet are meant, or belong to text that was damaged twice.
_KEPT = frozenset("\u00a0\u200b\u200d\ufeff\u2028") | {chr(code) for code in range(0x80, 0xA0)}


def repaired(text: str) -> str:
    """The text as it was meant; the same text where nothing is damaged."""
    for _ in range(MAX_PASSES):
        once = _RUN.sub(lambda match: _meant(match, _WESTERN), text)
        once = _CYRILLIC_RUN.sub(lambda match: _meant(match, _CYRILLIC), once)
        if once == text:
            break
        text = once
    return text


def _meant(match: re.Match[str], table: dict[str, int]) -> str:
    run = match.group()
    try:
        meant = bytes(table[sign] for sign in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
    known = all(sign.isprintable() or sign in _KEPT for sign in meant)
    odd = set(run[1:]) - _WRITTEN - set("\u00df")
    inside = match.string[max(0, match.start() - 1) : match.start()].islower()
    certain = (
        bool(odd) or run == "\u00c2\u00a0" or len(meant) >= _FEW or (inside and run[0].isupper())
    )
    return meant if known and certain else run


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
