"""What `whet check` found, for JSON and for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.data import FileSummary
from whet.findings import Finding, Kind, Severity

MAX_SHOWN = 8
"""Findings of one kind on the terminal."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. `passed` is False with an error-level finding.

    `files` say what each was taken for; `rows` are rows by split and `counts` findings by kind;
    `ledger` is {read, kept, dropped}. `smallest_gain` is the smallest true gain, over the margin,
    that the test set would show with 90 % power; None without a test set, or where none could be.
    """

    passed: bool
    files: list[FileSummary]
    version: str
    rows: dict[str, int]
    findings: list[Finding]
    counts: dict[str, int]
    ledger: dict[str, Any]
    smallest_gain: float | None = None
    tokens: dict[str, Any] | None = None
    masks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal: worst first, long lists cut with a count."""
        lines = [
            f"{file.path}: {file.rows:,} rows, {file.format or 'of no known form'}"
            + (f" ({file.reason})" if file.reason else "")
            for file in self.files
        ]
        rows = ", ".join(f"{count:,} {name}" for name, count in self.rows.items() if count)
        lines.append(f"{rows or 'no rows'}; content version {self.version or '(none)'}")
        if self.tokens:
            lines.append(
                f"{self.tokens['total']:,} training tokens, {self.tokens['learnt']:,} of them"
                f" learnt; longest row {self.tokens['longest']:,}"
            )
        for severity in Severity:
            lines += _listed([f for f in self.findings if f.severity is severity], severity)
        lines += self.notes
        lines += ["", *self.masks] if self.masks else []
        errors = sum(f.severity is Severity.ERROR for f in self.findings)
        lines.append(
            "no errors" if self.passed else f"{errors:,} error{'' if errors == 1 else 's'}"
        )
        return "\n".join(lines)


def _listed(findings: Sequence[Finding], severity: Severity) -> list[str]:
    """The findings of one severity; of a kind that floods, the first few and a count."""
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    lines: list[str] = []
    for kind, found in by_kind.items():
        lines += [f"{severity}: {kind}: {finding}" for finding in found[:MAX_SHOWN]]
        if len(found) > MAX_SHOWN:
            lines.append(f"... and {len(found) - MAX_SHOWN:,} more {kind}; --json has all.")
    return lines
