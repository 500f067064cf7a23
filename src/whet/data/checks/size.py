"""How many rows this kind of task wants, by what is usually advised, and the kind is a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from whet.data.checks.labels import labels
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_ROWS_A_LABEL = 20
LONG_ANSWER_BYTES = 800
SHORT_ANSWER_BYTES = 200
MIN_SHARE = 0.3

_CODE = re.compile(
    r"```|^[ \t]*(?:def|class|function|import|SELECT|public|#include)\b", re.MULTILINE
)
_STEPS = re.compile(r"\bstep \d|<think>|####|\btherefore\b|=\s*\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Advice:
    """A kind of task, why it is taken for it, and the rows that it wants."""

    kind: str
    reason: str
    low: int
    high: int


def size(train: Sequence[Example]) -> list[Finding]:
    """A note on the number of training rows beside what this kind of task usually takes."""
    if not train:
        return []
    advice = guess(train)
    count = len(train)
    said = (
        f"{count:,} training rows. {advice.reason}, so this may be {advice.kind} (a guess); that "
        f"usually takes {advice.low:,} to {advice.high:,} good rows."
    )
    if count < advice.low:
        fix = f"{advice.low - count:,} more would reach that."
    elif count > 2 * advice.high:
        fix = "Try a good part of them first: more rows help less than better ones."
    else:
        fix = ""
    return [Finding(Severity.NOTE, Kind.SIZE, said, fix=fix)]


def guess(train: Sequence[Example]) -> Advice:
    """The kind of task that the answers look like."""
    classes = labels(train)
    if classes is not None and sum(map(_has_digit, classes)) < len(classes) / 2:
        low = max(50, MIN_ROWS_A_LABEL * len(classes))
        reason = f"The answers are {len(classes)} labels"
        return Advice("classification", reason, low, max(200, 5 * low))
    many_turns = _share(train, lambda row: sum(m["role"] == "user" for m in row.messages) > 1)
    tools = _share(train, lambda row: bool(row.tools))
    worked = _share(train, lambda row: bool(_CODE.search(row.answer) or _STEPS.search(row.answer)))
    # Bytes, so that a Chinese sign counts as the short word that it is.
    length = median(len(row.answer.encode("utf-8", "surrogatepass")) for row in train)
    for seen, reason in (
        (tools >= MIN_SHARE, "Rows call tools"),
        (many_turns >= MIN_SHARE, "Rows have several turns"),
        (worked >= MIN_SHARE, "Answers hold code or steps of reasoning"),
        (length >= LONG_ANSWER_BYTES, "Most answers are long"),
    ):
        if seen:
            return Advice("a complex task", reason, 1000, 5000)
    if length <= SHORT_ANSWER_BYTES:
        reason = "Most answers are short"
        return Advice("a matter of form or tone", reason, 50, 200)
    return Advice("answering in a domain", "Answers are prose of some length", 500, 2000)


def _has_digit(text: str) -> bool:
    """Prices and times may repeat like labels, and are none."""
    return any(char.isdecimal() for char in text)


def _share(rows: Sequence[Example], holds: Callable[[Example], bool]) -> float:
    return sum(map(holds, rows)) / len(rows)
