"""The form that `whet clean` writes: `messages`, and beside it `tools`, `group` and `fields`.

`fields` is always there, as an object. It keeps the columns of the row's first file apart from
ours, so that a column called `system` or `group` means what it meant there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCALARS = (str, int, float, bool)

LISTS = ("references", "criteria", "passages")
"""Columns that may hold several texts: further right answers, what a judge and reviewers look
for, and what the answer may rest on."""


def is_canonical(values: Mapping[str, Any]) -> bool:
    """Whether a row keeps its other columns in an object of their own."""
    return isinstance(values.get("fields"), dict) and "messages" in values


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that hold one value each, and `LISTS`: what prompts and scorers may name."""
    columns = values["fields"] if is_canonical(values) else values
    return {k: v for k, v in columns.items() if is_kept(k, v)}


def is_kept(name: str, value: Any) -> bool:
    """Whether a column is kept beside the conversation: single values, and lists of texts."""
    if value is None or isinstance(value, _SCALARS):
        return True
    if name == "passages" and isinstance(value, dict):
        return all(isinstance(text, str) for text in value.values())
    texts = isinstance(value, list) and all(isinstance(text, str) for text in value)
    return name in LISTS and texts


def group_of(values: Mapping[str, Any]) -> str | None:
    """The group that a row in our form names, or None."""
    group = values.get("group") if is_canonical(values) else None
    return group if isinstance(group, str) and group else None
