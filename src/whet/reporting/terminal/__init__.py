"""Reports on the terminal: one run, two side by side, all of a project."""

from __future__ import annotations

from whet.reporting.terminal.compare import compare_text
from whet.reporting.terminal.table import runs_table, verdict_text

__all__ = ["compare_text", "runs_table", "verdict_text"]
