"""What `whet clean` wrote, for JSON and for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Offer:
    """A repair that was not asked for: how many rows it would touch, and what it does."""

    repair: str
    rows: int
    said: str

    def __str__(self) -> str:
        rows = f"{self.rows:,} row" + ("s" if self.rows != 1 else "")
        return f"--repair {self.repair}: {rows} ({self.said})"


@dataclass(frozen=True, slots=True)
class Clean:
    """The folder that was written, what is in it, and what else could be repaired."""

    folder: Path
    version: str
    versions: dict[str, str]
    rows: dict[str, int]
    read: int
    dropped: dict[str, int]
    changed: dict[str, int]
    tokens: dict[str, Any] | None
    boundaries: dict[str, str]
    offers: list[Offer]
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal."""
        rows = ", ".join(f"{count:,} {name}" for name, count in self.rows.items() if count)
        kept, gone = sum(self.rows.values()), sum(self.dropped.values())
        lines = [
            f"{self.folder}: {rows}; content version {self.version}",
            f"{self.read:,} rows read = {kept:,} kept + {gone:,} dropped{counted(self.dropped)}",
        ]
        if self.tokens:
            tokens = self.tokens
            kept, gone = sum(tokens["kept"].values()), sum(tokens["dropped"].values())
            lines.append(
                f"{tokens['read']:,} tokens read = {kept:,} kept + {gone:,} dropped + "
                f"{tokens['cut']:,} cut + {tokens['repaired']:,} by repairs"
            )
        lines += [f"rows changed:{counted(self.changed)}"] if self.changed else []
        lines += [f"{name} begins at {start}" for name, start in self.boundaries.items()]
        if self.offers:
            lines.append("Could be repaired, and was not asked for:")
            lines += [f"  {offer}" for offer in self.offers]
        lines += self.notes
        warnings = sum(finding.severity is Severity.WARNING for finding in self.findings)
        lines += [f"{warnings} warnings are left; whet check shows them."] if warnings else []
        return "\n".join(lines)


def counted(counts: dict[str, int]) -> str:
    """` (3 broken, 5 duplicate)`, or nothing."""
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f" ({said})" if said else ""
