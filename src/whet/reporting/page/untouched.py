"""The page's table of the figures on test items that no training row touches."""

from __future__ import annotations

from whet.reporting import untouched
from whet.reporting.markup import Html, element, join
from whet.reporting.page.parts import figure, note, row, table
from whet.reporting.schema import Report


def untouched_page(report: Report) -> Html | None:
    """A table for the page; None where no test item is touched."""
    apart = report["details"].get("untouched")
    if apart is None:
        return None
    head = element("h3", "Without what stands in training rows")
    told = note(untouched.said(report, apart))
    if not apart["items"]:
        return join(head, told)
    rows = [
        row(name, figure(whole), figure(clean))
        for name, whole, clean in untouched.rows(report, apart)
    ]
    return join(head, table(untouched.heads(report, apart), rows), told)
