"""How rows and names are shown in messages: where they stand, cut and escaped for a terminal."""

from __future__ import annotations

from whet.findings import Finding, Kind, Severity
from whet.types import Example


def place(example: Example) -> tuple[str, int]:
    """File and line of an example, from its source."""
    file, _, line = example.source.rpartition(":")
    return (file, int(line)) if file and line.isdecimal() else (example.source, 0)


def at(example: Example, severity: Severity, kind: Kind, message: str, fix: str = "") -> Finding:
    """A finding at the row that an example was read from."""
    file, line = place(example)
    return Finding(severity, kind, message, file, line, fix=fix, row_id=example.id)


def printable(text: str, limit: int = 80) -> str:
    """The text on one line, cut to `limit`, with anything a terminal could act on escaped."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in shown
    )


def listed(names: list[str], limit: int = 12) -> str:
    """Names as `a, b, c and 4 more`; for people, so long lists are cut."""
    shown = ", ".join(printable(name) for name in names[:limit])
    rest = len(names) - limit
    return shown + (f" and {rest} more" if rest > 0 else "")
