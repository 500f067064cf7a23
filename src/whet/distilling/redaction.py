"""Keys and personal data out of a logged value, before it is written anywhere."""

from __future__ import annotations

from collections import Counter
from typing import Any

from whet.data.masking import mask


def redact(value: Any, counts: Counter[str]) -> Any:
    """The value with every text in it masked; `counts` gains what was found, by kind.

    Keys of objects are masked too: some logs put an address there.
    """
    if isinstance(value, str):
        return mask(value, counts=counts)
    if isinstance(value, list):
        return [redact(item, counts) for item in value]
    if isinstance(value, dict):
        return {mask(str(k), counts=counts): redact(v, counts) for k, v in value.items()}
    return value
