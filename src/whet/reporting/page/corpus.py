"""The page's figures of whole sets of answers."""

from __future__ import annotations

from whet.reporting.corpus import CORPUS_NOTE, corpus_figures
from whet.reporting.markup import Html, element, join
from whet.reporting.page.parts import figure, note, row, table
from whet.reporting.schema import Report


def corpus_page(report: Report) -> Html | None:
    """A table for the page; None where no metric has such a figure."""
    rows = [
        row(arm, name, figure(value), about) for arm, name, value, about in corpus_figures(report)
    ]
    if not rows:
        return None
    heads = ("Arm", "Figure", "Value", "")
    return join(element("h3", "All answers together"), table(heads, rows), note(CORPUS_NOTE))
