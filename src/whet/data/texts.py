"""Repairs of a single text: its ends, its quotes, its encoding. Each returns the text as it is
where there is nothing to repair.
"""

from __future__ import annotations

import json
import re

from whet.errors import MissingExtraError

_CODE_PARTS = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_CODE_LINE = re.compile(
    r"\s*(?:(?:def|function)\s+\w+\s*\(.*|class\s+\w+\s*[:({].*|(?:const|let|var)\s+\w+\s*=.*|"
    r"(?:from\s+[\w.]+\s+)?import\s+[\w.]+|#include\b.*|(?:SELECT|INSERT|UPDATE|CREATE)\b.*|"
    r".*[;{}])\s*"
)
_CODE_SHARE = 0.5


def trimmed(text: str) -> str:
    """The text without white space at its ends; the first of several lines keeps its indent."""
    text = text.rstrip()
    if "\n" not in text.lstrip():
        return text.lstrip()
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", text)


def straight_quotes(text: str) -> str:
    """The text with straight quotes, where that and nothing less makes it valid JSON."""
    fenced = _FENCED.fullmatch(text)
    before, inner, after = fenced.groups() if fenced else ("", text, "")
    if inner.strip()[:1] not in ("{", "[") or _is_json(inner):
        return text
    straight = inner.translate(_STRAIGHT)
    return f"{before}{straight}{after}" if straight != inner and _is_json(straight) else text


_FENCED = re.compile(r"(\s*```(?:json)?\s*\n)(.*?)(\n\s*```\s*)", re.DOTALL)
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟″«»＂", '"'))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def decoded(text: str) -> str:
    """The text as it was before something decoded it wrongly; code is left alone.

    Raises:
        MissingExtraError: ftfy is not installed.
    """
    is_json = _is_json(text)
    if text.isascii() or (is_code(text) and not is_json):
        return text
    try:
        from ftfy import fix_encoding
    except ImportError:
        raise MissingExtraError("ftfy", "data", "Repairing encoding damage") from None
    parts = _CODE_PARTS.split(text)
    made = "".join(
        part if number % 2 else str(fix_encoding(part)) for number, part in enumerate(parts)
    )
    return text if is_json and not _is_json(made) else made


def is_code(text: str) -> bool:
    """Whether half of the lines, fences aside, read as statements of a programming language."""
    lines = [line for line in _CODE_PARTS.sub("", text).split("\n") if line.strip()]
    return sum(bool(_CODE_LINE.fullmatch(line)) for line in lines) > _CODE_SHARE * len(lines)
