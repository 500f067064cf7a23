"""Figures of whole sets of answers: what stands beside the means of items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whet.reporting import figures
from whet.reporting.schema import Report

CORPUS_NOTE = (
    "Figures of all answers together are no means of items: they have no interval and decide"
    " nothing. BLEU and chrF are on sacrebleu's scale of 0 to 100."
)


def corpus_figures(report: Report, signatures: bool = True) -> Iterator[tuple[str, str, str, str]]:
    """Arm, name, value and what else is known of each figure."""
    for arm, told in report["details"].get("corpus", {}).items():
        for name, values in told.items():
            main = values.get("value", values.get("f1"))
            left = {"value", "by_field", "" if signatures else "signature"}
            rest = {key: value for key, value in values.items() if key not in left}
            about = ", ".join(_said(key, value) for key, value in rest.items())
            shown = figures.plain(main) if figures.is_number(main) else ""
            yield arm, figures.label(name), shown, about
            for field, count in values.get("by_field", {}).items():
                parts = {key: count[key] for key in ("precision", "recall", "right", "missed")}
                said = ", ".join(_said(key, value) for key, value in parts.items())
                yield arm, f"field {field}", figures.plain(count["f1"]), said


def _said(key: str, value: Any) -> str:
    shown = figures.plain(value) if figures.is_number(value) else str(value)
    return f"{figures.label(key)} {shown}"
