"""One short name for what a data set holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from whet.types import Example, content_id


def content_version(examples: Sequence[Example]) -> str:
    """Sixteen hex digits: equal for equal rows, however they are ordered, stored or named.

    A row counts with its messages, tools, group and other columns, and as often as it occurs.
    """
    rows = sorted(
        content_id({"id": row.id, "group": row.group, "fields": columns_as_text(row)})
        for row in examples
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def columns_as_text(example: Example) -> dict[str, str]:
    """The row's columns as a CSV file would hold them; an empty value is as good as none."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in example.fields.items()
        if value is not None and value != ""
    }


def split_version(splits: Mapping[str, Sequence[Example]]) -> str:
    """Sixteen hex digits for a divided data set: the same rows divided otherwise differ."""
    return content_id({name: content_version(rows) for name, rows in splits.items()})
