"""When a row was made: a column of ISO dates or of numbers, the same in every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from whet.data.places import listed, printable
from whet.errors import DataError
from whet.types import Example

_EXPECTED = "expected a date such as 2026-01-31 or 2026-01-31T12:00:00Z, or a number"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time. `value` sorts; `text` is as it was written; `kind` is how it was read."""

    value: float
    text: str
    kind: str


def moment(value: object) -> Moment | None:
    """The point in time that a value names, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    try:
        number = float(text)
        return Moment(number, text, "a number") if math.isfinite(number) else None
    except (ValueError, OverflowError):
        pass
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    kind = "a date without a time zone" if date.tzinfo is None else "a date with a time zone"
    zoned = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return Moment(zoned.timestamp(), text, kind)


def moments(examples: Sequence[Example], time_by: str) -> list[Moment]:
    """The time of each row.

    Raises:
        DataError: naming each row without one, and those that are written in another way.
    """
    found = [moment(example.fields.get(time_by)) for example in examples]
    faults = [
        _fault(example, time_by)
        for example, time in zip(examples, found, strict=True)
        if time is None
    ]
    if faults:
        raise DataError(faults)
    times = [time for time in found if time is not None]
    odd = [(e, time) for e, time in zip(examples, times, strict=True) if time.kind != times[0].kind]
    if odd:
        raise DataError([
            f"{example.source}: {time_by}: {time.text!r} is {time.kind}, and the first row has "
            f"{times[0].kind} ({times[0].text!r}). Write all of them alike."
            for example, time in odd
        ])  # fmt: skip
    return times


def _fault(example: Example, time_by: str) -> str:
    value = example.fields.get(time_by)
    if value is None or value == "":
        has = listed(list(example.fields)) or "none"
        seen = f"the row has no value to sort by; it has the fields {has}"
    else:
        seen = f"{printable(repr(value), 40)} is no time"
    return (
        f"{example.source}: {time_by}: {seen}; {_EXPECTED}. Mend it or correct data.split.time_by."
    )
