"""What `report.json` holds, and the check that a value is one."""

from __future__ import annotations

from whet.reporting.schema.measures import Comparison, Headline, Measured, Untouched, Verdict
from whet.reporting.schema.report import SCHEMA_VERSION, Cost, Gate, Report, RunRow, check_report

__all__ = [
    "SCHEMA_VERSION",
    "Comparison",
    "Cost",
    "Gate",
    "Headline",
    "Measured",
    "Report",
    "RunRow",
    "Untouched",
    "Verdict",
    "check_report",
]
