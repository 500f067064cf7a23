"""Objects that are a file's only value and hold its rows: {"data": [...]}, {"train": pairs}."""

from __future__ import annotations

from typing import Any

_KEYS = ("data", "train", "rows", "examples", "instances", "validation", "test")

PAIRS = (
    "holds lists of pairs under {}; the first of a pair was read as the column input, the second "
    "as output, and the list's name stands in the column split."
)


def row_list(value: dict[str, Any]) -> str | None:
    """The key whose list holds the rows; None where the object is a row itself."""
    return next((key for key in value if key in _KEYS and holds_rows(value[key])), None)


def holds_rows(value: Any) -> bool:
    """Whether a value is a list of objects."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value[:3])


def holds_pairs(value: dict[str, Any]) -> bool:
    """Whether every value of the object is a list of two texts each, as in CLINC150."""
    lists = list(value.values())
    return (
        any(lists)
        and all(isinstance(rows, list) for rows in lists)
        and all(is_pair(item) for rows in lists for item in rows[:3])
    )


def is_pair(value: Any) -> bool:
    """Whether a value is a list of two texts."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)
