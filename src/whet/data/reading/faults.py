"""The findings of one file, collected while it is read."""

from __future__ import annotations

from whet.findings import Finding, Kind, Severity


class Faults:
    """Collects findings about one file, so that all of them can be told together."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def error(
        self, kind: Kind, message: str, fix: str = "", *, line: int = 0, field: str = ""
    ) -> None:
        """Adds a finding that stops every verb which would use the data."""
        self._add(Severity.ERROR, kind, message, fix, line, field)

    def warn(
        self, kind: Kind, message: str, fix: str = "", *, line: int = 0, field: str = ""
    ) -> None:
        """Adds a finding that a person should look at."""
        self._add(Severity.WARNING, kind, message, fix, line, field)

    def note(self, kind: Kind, message: str, fix: str = "", *, line: int = 0) -> None:
        """Adds something that was done or guessed and should not go unsaid."""
        self._add(Severity.NOTE, kind, message, fix, line, "")

    @property
    def num_errors(self) -> int:
        """How many of the findings are errors."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    def _add(
        self, severity: Severity, kind: Kind, message: str, fix: str, line: int, field: str
    ) -> None:
        self.findings.append(Finding(severity, kind, message, self.file, line, field, fix))
