"""Which items are judged, and which of these people look at: drawn by the item, never by order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence


def drawn(ids: Sequence[str], most: int | None) -> list[str]:
    """At most so many items, in an order of their own: any beginning of it is a fair sample.

    A larger draw holds the smaller one, so what was judged for it is not paid for again.
    """
    return _ranked(ids, "judge")[:most]


def spot_checked(ids: Sequence[str], share: float) -> list[str]:
    """The share of the items that people should look at, rounded up; none where it is 0."""
    return _ranked(ids, "spot check")[: math.ceil(share * len(ids) - 1e-9)]


def _ranked(ids: Sequence[str], purpose: str) -> list[str]:
    def place(item: str) -> str:
        return hashlib.sha256(f"{purpose}:{item}".encode()).hexdigest()

    return sorted(set(ids), key=place)
