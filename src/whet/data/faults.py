"""The findings of one file, collected while it is read."""

from __future__ import annotations

from whet.types import Finding, Level


class Faults:
    """Collects findings about one file, so that all of them can be told together."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def error(
        self, rule: str, message: str, remedy: str = "", *, line: int = 0, field: str = ""
    ) -> None:
        """Adds a finding that stops every verb which would use the data."""
        self._add(Level.ERROR, rule, message, remedy, line, field)

    def warn(
        self, rule: str, message: str, remedy: str = "", *, line: int = 0, field: str = ""
    ) -> None:
        """Adds a finding that a person should look at."""
        self._add(Level.WARNING, rule, message, remedy, line, field)

    def note(self, rule: str, message: str, remedy: str = "", *, line: int = 0) -> None:
        """Adds something that was done or guessed and should not go unsaid."""
        self._add(Level.NOTE, rule, message, remedy, line, "")

    @property
    def num_errors(self) -> int:
        """How many of the findings are errors."""
        return sum(finding.level is Level.ERROR for finding in self.findings)

    def _add(
        self, level: Level, rule: str, message: str, remedy: str, line: int, field: str
    ) -> None:
        self.findings.append(Finding(level, rule, message, self.file, line, field, remedy))


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
