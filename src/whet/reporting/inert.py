r"""Text from data and models, made harmless to look at.

Control, bidirectional and invisible characters are shown as escapes (`\x1b`, `\u202e`), piles
of combining marks are counted instead of drawn, and a long text is cut with the count of what
is left out. Letters of every script, and the joiners that some need, stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MAX_MARKS = 4
JOINERS = "\u200c\u200d"
HIDDEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
MARKS = {"Mn", "Me"}


class Piece(NamedTuple):
    """A stretch of text; `escaped` where it stands for characters that are not shown."""

    text: str
    escaped: bool


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, split where something had to be made visible."""
    plain: list[str] = []
    for piece in _characters(text):
        if not piece.escaped:
            plain.append(piece.text)
            continue
        if plain:
            yield Piece("".join(plain), False)
            plain = []
        yield piece
    if plain:
        yield Piece("".join(plain), False)


def _characters(text: str) -> Iterator[Piece]:
    marks = 0
    for character in text.replace("\r\n", "\n"):
        category = unicodedata.category(character)
        if category in MARKS:
            marks += 1
            if marks <= MAX_MARKS:
                yield Piece(character, False)
            continue
        if marks > MAX_MARKS:
            yield _piled(marks)
        marks = 0
        hidden = category in HIDDEN and character not in "\n\t" and character not in JOINERS
        yield Piece(_escape(character), True) if hidden else Piece(character, False)
    if marks > MAX_MARKS:
        yield _piled(marks)


def _piled(marks: int) -> Piece:
    return Piece(f"[+{marks - MAX_MARKS} marks]", True)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    """The text with nothing in it that moves the cursor, reorders or hides other text."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(piece.text for piece in pieces(text))


def cut(text: str, characters: int, lines: int | None = None) -> str:
    """The beginning of a long text, with the count of what is left out."""
    kept = text[:characters]
    if lines is not None:
        kept = "\n".join(kept.split("\n")[:lines])
    rest = len(text) - len(kept)
    return f"{kept} ... [{rest:,} more characters]" if rest else text


def line(text: str, characters: int = 200) -> str:
    """A text as one line that is safe to print anywhere."""
    shown = cut(text.replace("\r\n", "\n"), characters)
    return visible(" ".join(word for word in re.split("[ \t\n]+", shown) if word))
