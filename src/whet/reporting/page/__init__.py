"""`report.html`, section by section."""

from __future__ import annotations

from whet.reporting.page.whole import html

__all__ = ["html"]
