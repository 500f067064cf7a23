"""What a run found, for people: on the terminal, and as one page."""

from whet.reporting.page import html
from whet.reporting.schema import SCHEMA_VERSION, Report, RunRow, check_report
from whet.reporting.terminal import compare_text, runs_table, verdict_text
from whet.reporting.words import run_row

__all__ = [
    "SCHEMA_VERSION",
    "Report",
    "RunRow",
    "check_report",
    "compare_text",
    "html",
    "run_row",
    "runs_table",
    "verdict_text",
]
