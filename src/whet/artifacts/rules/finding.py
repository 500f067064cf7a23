"""What a server's rules say of an adapter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much it matters."""

    REFUSED = "refused"
    """The server does not load it, or loads it and computes something else."""
    WARNING = "warning"
    """It can be served, but not in every way, or not as it was judged."""
    NOTE = "note"
    """How it has to be served."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that speaks. `rule` is its short name, `text` says what was seen and what to do."""

    rule: str
    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def refused(rule: str, text: str) -> Finding:
    """A finding that keeps the adapter from being served."""
    return Finding(rule, Level.REFUSED, text)
