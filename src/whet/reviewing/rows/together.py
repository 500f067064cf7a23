"""Several rows on one page, each in full, decided on together: no row unseen."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi.responses import HTMLResponse

from whet.reporting.markup import Html, element
from whet.reviewing.rows.decisions import Choice
from whet.reviewing.rows.desk import Desk, Item
from whet.reviewing.rows.pages import ASSETS
from whet.reviewing.rows.panels import conversation, path, reasons
from whet.reviewing.rows.words import DONE
from whet.reviewing.server.entry import Visitor
from whet.reviewing.server.layout import hidden, notice, page

NUM_ROWS = 10
"""Rows on one page: as many as a person reads before deciding."""


def together(
    desk: Desk, who: Visitor, items: Sequence[Item], title: str, back: str, more: str | None
) -> HTMLResponse:
    """Rows in full, none of them ticked; what is decided is done to the ticked ones alone."""
    if not items:
        return notice(
            "Nothing is open here", "You have decided on all such rows.", link=("Back", back)
        )
    body = element(
        "main",
        element("p", element("a", "Back", href=back, id="back"), class_="overline"),
        element("h1", title),
        element("p", "Tick the rows that you have read and that have the same fate. Nothing happens"
                " to the others.", class_="soft"),
        element(
            "form",
            hidden(csrf=who.csrf, back=back),
            [_row(desk, who, item) for item in items],
            element(
                "div",
                [
                    element("button", f"{choice.value.capitalize()} the ticked rows", type="submit",
                            name="choice", value=choice.value)
                    for choice in (Choice.KEEP, Choice.DROP)
                ],
                element("label", "Why ", element("input", type="text", name="why", maxlength=300,
                        autocomplete="off")),
                class_="deciding",
            ),
            method="post",
            action="/rows/together",
            id="together",
        ),
        element("p", element("a", "More such rows", href=more, class_="button")) if more else None,
        class_="several",
    )  # fmt: skip
    return page(title, body, csrf=who.csrf, kind="together", also=ASSETS)


def _row(desk: Desk, who: Visitor, item: Item) -> Html:
    said = desk.said(item.key)
    done = ", ".join(f"{one.rater} {DONE[one.choice]} it" for one in said) if said else ""
    mine = desk.mine(item.key, who.rater.id)
    tick = element(
        "input", type="checkbox", name="row",
        value=f"{item.key} {desk.version(item.key, who.rater.id)}",
    )  # fmt: skip
    return element(
        "article",
        element(
            "h3",
            element("label", tick, " ", item.suspect.row.source),
            " ",
            element("a", "alone", href=path(item.key), class_="soft"),
            element("span", f" {done}", class_="soft") if mine else None,
        ),
        conversation(item.suspect.row, item.suspect.reasons),
        reasons(desk, item),
    )
