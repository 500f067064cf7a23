"""JSON as the standard has it, and no more.

Python's parser accepts NaN, lets a later duplicate key win, keeps lone surrogates and dies of
deep nesting. Here each of these is a fault that names its key. What the parser cannot refuse
itself is marked in place by a `Refused` value, and found with its path by one walk, which is
skipped for the usual row that has nothing suspicious in it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whet.data.reading.quotes import curly_quote

MAX_DEPTH = 100
"""Deepest nesting of lists and objects. Tool schemas seldom pass 15."""

MAX_DIGITS = 100
"""Longest integer. Python itself refuses 4,300 digits, with an error of its own."""

_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')
_ESCAPES = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # NUL and surrogates, pairs included


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `field` is the path of the key, empty when the text is no JSON at all."""

    message: str
    field: str = ""
    is_typographic: bool = False


class InvalidJSON(ValueError):
    """The text is not JSON, or is JSON that cannot be used. `position` is an index in it."""

    def __init__(self, faults: list[Fault], position: int) -> None:
        super().__init__(faults[0].message)
        self.faults = faults
        self.position = position


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands where a value cannot be accepted."""

    why: str


def parse(text: str) -> Any:
    """The value of a complete JSON text.

    Raises:
        InvalidJSON: with every fault of the text.
    """
    start = skip_space(text, 0)
    value, end = parse_at(text, start)
    end = skip_space(text, end)
    if end != len(text):
        rest = text[end : end + 20]
        raise InvalidJSON([Fault(f"there is more after the value: {rest!r}.")], end)
    return value


def parse_at(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends.

    Raises:
        InvalidJSON: with every fault of the value; its `position` counts from the text's start.
    """
    decoder = _Decoder()
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise InvalidJSON([_syntax_fault(text, error)], error.pos) from None
    except RecursionError:
        raise InvalidJSON([_TOO_DEEP], start) from None
    if _depth_exceeded(text, start, end):
        raise InvalidJSON([_TOO_DEEP], start)
    if decoder.suspicious or _ESCAPES.search(text, start, end):
        faults = list(faults_in(value))
        if faults:
            raise InvalidJSON(faults, start)
    return value, end


_TOO_DEEP = Fault(f"lists and objects are nested more than {MAX_DEPTH} deep.")
_SPACE = re.compile(r"[ \t\n\r]*")


def skip_space(text: str, position: int) -> int:
    """The first position from `position` on that is no JSON white space."""
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def faults_in(value: Any, path: str = "", depth: int = 0) -> Iterator[Fault]:
    """Faults of a parsed value: what was refused, NUL, lone surrogates, infinities."""
    if depth > MAX_DEPTH:
        yield _TOO_DEEP
    elif isinstance(value, Refused):
        yield Fault(value.why, path)
    elif isinstance(value, str):
        yield from _string_faults(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(f"{value} is not a JSON number.", path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _string_faults(key, f"{path}.{key!r}" if path else repr(key))
            yield from faults_in(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults_in(item, f"{path}[{index}]", depth + 1)


def _string_faults(text: str, path: str) -> Iterator[Fault]:
    if "\x00" in text:
        yield Fault("holds a NUL character (\\u0000).", path)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            yield Fault(f"holds half of a surrogate pair (\\u{code:04x}), no character.", path)


class _Decoder(json.JSONDecoder):
    """The standard decoder with hooks that mark instead of accepting."""

    def __init__(self) -> None:
        super().__init__(
            object_pairs_hook=self._object,
            parse_constant=lambda name: self._refuse(f"{name} is not JSON."),
            parse_int=self._int,
            parse_float=self._float,
        )
        self.suspicious = False

    def _refuse(self, why: str) -> Refused:
        self.suspicious = True
        return Refused(why)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    result[key] = self._refuse("the key appears twice in its object.")
                seen.add(key)
        return result

    def _int(self, digits: str) -> Any:
        if len(digits) > MAX_DIGITS:
            return self._refuse(f"an integer of {len(digits)} digits.")
        return int(digits)

    def _float(self, digits: str) -> Any:
        value = float(digits)
        if math.isfinite(value):
            return value
        return self._refuse(f"{digits[:20]} is beyond the range of a number.")


def _depth_exceeded(text: str, start: int, end: int) -> bool:
    openings = text.count("[", start, end) + text.count("{", start, end)
    if openings <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKENS.finditer(text, start, end):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth > MAX_DEPTH:
            return True
    return False


def _syntax_fault(text: str, error: json.JSONDecodeError) -> Fault:
    quote = curly_quote(text, error.pos)
    if quote:
        return Fault(f"curly quotes ({quote}) where JSON has straight ones.", "", True)
    return Fault(_explain(text, error))


def _explain(text: str, error: json.JSONDecodeError) -> str:
    message = (error.msg[0].lower() + error.msg[1:]).removesuffix(" at")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"{message}; the text seems to be cut off."
    rest = text[error.pos : error.pos + 20]
    python = "; single quotes are Python's, JSON has double ones" if rest.startswith("'") else ""
    return f"{message}, at {rest!r}{python}."
