"""Many accused rows become one finding: then it is a trait of the set, not a fault of rows."""

from __future__ import annotations

from collections.abc import Sequence

from whet.data.places import printable
from whet.findings import Finding

MAX_EACH = 20
MAX_SHARE = 0.05
NUM_PLACES = 5


def summed(findings: Sequence[Finding], num_rows: int, message: str, fix: str) -> list[Finding]:
    """The findings as they are, or one for all when they are over 20 and over 5 % of the rows.

    `message` says what the set is, after the words `412 of 1,000 rows`.
    """
    rows = {(finding.file, finding.line) for finding in findings}
    if len(rows) <= MAX_EACH or len(rows) <= MAX_SHARE * num_rows:
        return list(findings)
    text = f"{share(len(rows), num_rows)} rows {message}, such as {places_of(findings)}."
    summary = Finding(findings[0].severity, findings[0].kind, text, fix=fix)
    return [summary]


def share(part: int, whole: int) -> str:
    """Part of a whole in words: `412 of 1,000 (41 %)`."""
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.0f} %)"


def places_of(findings: Sequence[Finding]) -> str:
    """Where the first few findings stand."""
    return lines_of([f"{finding.file}:{finding.line}" for finding in findings])


def lines_of(sources: Sequence[str], limit: int = NUM_PLACES) -> str:
    """The first few sources with each file named once: `data/a.jsonl:3, 7, b.jsonl:1`."""
    said, last = [], ""
    for source in list(dict.fromkeys(sources))[:limit]:
        file, _, line = source.rpartition(":")
        said.append(line if file and file == last else printable(source))
        last = file
    return ", ".join(said)
