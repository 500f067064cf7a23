"""A judge's answer to a verdict, strictly: anything else is *unscored*, never a zero or a tie.

The whole answer has to be one JSON object with the two keys that were asked for. Taken off are the
`<think>` block that models write before they answer, and a single code fence around the answer,
since several models cannot help writing either. Each way to go wrong has
a name, and the report counts them: a judge that often goes wrong judges the easy items only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whet.data.reading.strict_json import InvalidJSON, Refused, parse_at, skip_space
from whet.data.refusals import is_refusal
from whet.types import FinishReason


class Malformed(StrEnum):
    """Why an answer is no verdict."""

    NO_ANSWER = "no answer"
    EMPTY = "empty"
    REFUSAL = "refusal"
    PROSE = "prose"
    BROKEN_FENCE = "broken code fence"
    TRUNCATED = "cut off"
    BROKEN_JSON = "broken JSON"
    NOT_AN_OBJECT = "no JSON object"
    SEVERAL = "several verdicts"
    DUPLICATE_KEY = "duplicate key"
    WRONG_KEY = "wrong or missing key"
    NOT_A_NUMBER = "NaN or infinite"
    WRONG_TYPE = "wrong type"
    OUT_OF_RANGE = "out of range"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A verdict, or why there is none. `value` is a score, or `A`, `B` or `tie`."""

    value: int | str | None
    reason: str = ""
    fault: Malformed | None = None


_FENCE = "```"
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
BETTER = ("A", "B", "tie")


def parse_score(text: str, scale: int, finish: FinishReason = FinishReason.STOP) -> Parsed:
    """A whole number from 1 to `scale`."""
    found = _object(text, "score", finish)
    if isinstance(found, Malformed):
        return Parsed(None, fault=found)
    value = found["score"]
    if isinstance(value, bool) or not isinstance(value, int):
        return Parsed(None, found["reason"], Malformed.WRONG_TYPE)
    if not 1 <= value <= scale:
        return Parsed(None, found["reason"], Malformed.OUT_OF_RANGE)
    return Parsed(value, found["reason"])


def parse_pair(text: str, finish: FinishReason = FinishReason.STOP) -> Parsed:
    """`A`, `B` or `tie`."""
    found = _object(text, "better", finish)
    if isinstance(found, Malformed):
        return Parsed(None, fault=found)
    value = found["better"]
    if not isinstance(value, str):
        return Parsed(None, found["reason"], Malformed.WRONG_TYPE)
    if value not in BETTER:
        return Parsed(None, found["reason"], Malformed.OUT_OF_RANGE)
    return Parsed(value, found["reason"])


def _object(text: str, key: str, finish: FinishReason) -> dict[str, Any] | Malformed:
    """The object with `reason` and the key, or what is wrong."""
    thought = _THOUGHT.match(text)
    text = text[thought.end() if thought else 0 :].strip()
    if not text:
        return Malformed.EMPTY
    if text.startswith(_FENCE):
        first, _, rest = text.partition("\n")
        within = rest.removesuffix(_FENCE).strip()
        whole = first.strip() in (_FENCE, f"{_FENCE}json", f"{_FENCE}JSON")
        if not whole or not rest.endswith(_FENCE) or within[:1] not in ("{", "["):
            return Malformed.BROKEN_FENCE
        text = within
    elif _FENCE in text and text[0] != "{":
        return Malformed.BROKEN_FENCE
    if text[0] not in '{["0123456789-tfnNI':
        return Malformed.REFUSAL if is_refusal(text) else Malformed.PROSE
    found = _value(text, finish)
    return found if isinstance(found, Malformed) else _checked(found, key)


def _value(text: str, finish: FinishReason) -> Any | Malformed:
    try:
        value, end = parse_at(text, 0)
    except InvalidJSON as error:
        return _why(error, text, finish)
    rest = text[skip_space(text, end) :]
    if not rest:
        return value
    if not isinstance(value, dict):
        return Malformed.PROSE
    return Malformed.SEVERAL if "{" in rest else Malformed.PROSE


def _why(error: InvalidJSON, text: str, finish: FinishReason) -> Malformed:
    told = " ".join(fault.message for fault in error.faults)
    if "appears twice" in told:
        return Malformed.DUPLICATE_KEY
    if "is not JSON" in told or "beyond the range" in told or "not a JSON number" in told:
        return Malformed.NOT_A_NUMBER
    if text[0] not in "{[":
        return Malformed.REFUSAL if is_refusal(text) else Malformed.PROSE
    if finish is FinishReason.LENGTH or "cut off" in told:
        return Malformed.TRUNCATED
    return Malformed.BROKEN_JSON


def _checked(value: Any, key: str) -> dict[str, Any] | Malformed:
    if not isinstance(value, dict):
        return Malformed.NOT_AN_OBJECT
    if any(isinstance(item, Refused) for item in value.values()):
        return Malformed.NOT_A_NUMBER
    if set(value) != {"reason", key}:
        return Malformed.WRONG_KEY
    return value if isinstance(value["reason"], str) else Malformed.WRONG_TYPE
