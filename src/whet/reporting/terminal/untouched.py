"""The terminal's table of the figures on test items that no training row touches."""

from __future__ import annotations

from whet.reporting import untouched
from whet.reporting.schema import Report
from whet.reporting.terminal.grid import grid, paragraph


def untouched_text(report: Report) -> str:
    """The table with its sentence; empty where no test item is touched."""
    apart = report["details"].get("untouched")
    if apart is None:
        return ""
    said = paragraph(untouched.said(report, apart))
    if not apart["items"]:
        return said
    rows = untouched.rows(report, apart)
    return f"{said}\n{grid(untouched.heads(report, apart), rows, (1, 2))}"
