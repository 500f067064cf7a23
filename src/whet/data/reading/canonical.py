"""The form that `whet clean` writes: `messages`, and beside it `tools`, `group` and `fields`.

`fields` is always there, as an object. It keeps the columns of the row's first file apart from
ours, so that a column called `system` or `group` means what it meant there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCALARS = (str, int, float, bool)


def is_canonical(values: Mapping[str, Any]) -> bool:
    """Whether a row keeps its other columns in an object of their own."""
    return isinstance(values.get("fields"), dict) and "messages" in values


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns that hold one value each: what prompt files and slices may name."""
    columns = values["fields"] if is_canonical(values) else values
    return {k: v for k, v in columns.items() if v is None or isinstance(v, _SCALARS)}


def group_of(values: Mapping[str, Any]) -> str | None:
    """The group that a row in our form names, or None."""
    group = values.get("group") if is_canonical(values) else None
    return group if isinstance(group, str) and group else None
