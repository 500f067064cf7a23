"""The pages on which rows are decided: the start, one row, several rows, the end."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi.responses import HTMLResponse

from whet.reporting.markup import Child, Html, element
from whet.reviewing.rows.decisions import Decision
from whet.reviewing.rows.desk import DISPUTED, Desk, Item, Progress
from whet.reviewing.rows.panels import about, alike, conversation, decision_form, path, reasons
from whet.reviewing.rows.words import DONE, KEYS, SIGN_OF, SIGNS
from whet.reviewing.server.entry import Visitor
from whet.reviewing.server.layout import hidden, page
from whet.reviewing.server.raters import Role

ASSETS = "rows"
NUM_LISTED = 12


def start(desk: Desk, who: Visitor, notes: Sequence[str]) -> HTMLResponse:
    """What this is about, and the kinds of suspicion."""
    progress = desk.progress(who.rater.id)
    begun = "Go on" if progress.mine else "Begin with the worst row"
    counts = desk.counts()
    body = element(
        "main",
        element("p", "Review of training rows", class_="overline"),
        element("h1", "Keep, fix or drop"),
        element(
            "p",
            "You see one training row at a time, the most suspected first, and why it is suspected."
            " A suspicion is a reason to look, not a verdict: most rows are right.",
            class_="lead",
        ),
        element("p", element("a", begun, href="/rows/next", class_="button primary")),
        _standing(progress),
        element("h2", "By kind of suspicion"),
        element("ul", [_kind(name, number) for name, number in counts.items()], class_="kinds"),
        element("h2", "By keyboard"),
        keys(),
        element("h2", "What was not looked for") if notes else None,
        [element("p", note, class_="soft") for note in notes],
        class_="start",
    )
    return page("Rows", body, csrf=who.csrf, kind="start", also=ASSETS)


def _kind(name: str, number: int) -> Html:
    said = "raters disagree" if name == DISPUTED else SIGNS[SIGN_OF[name]]
    told = "" if name == DISPUTED else SIGN_OF[name].description
    link = element("a", said, href=f"/rows/next?kind={name}", title=told)
    together = element("a", "several at once", href=f"/rows/together?kind={name}", class_="soft")
    return element("li", link, element("span", f" {number:,} ", class_="figure"), together)


def _standing(progress: Progress) -> Html:
    disputed = f" Raters disagree about {progress.disputed:,}." if progress.disputed else ""
    return element(
        "p",
        f"You: {progress.mine:,} of {progress.total:,} rows. Everybody: {progress.all:,}.{disputed}"
        " Each decision is saved at once; you can stop at any time and come back by your link.",
        class_="soft",
    )


def keys() -> Html:
    """What each key does."""
    rows = [
        element("div", element("dt", element("kbd", key)), element("dd", said))
        for key, said in KEYS
    ]
    return element("dl", rows, class_="keys")


def row(desk: Desk, who: Visitor, item: Item, kind: str, faults: Sequence[str] = (),
        typed: dict[int, str] | None = None) -> HTMLResponse:  # fmt: skip
    """One row to be decided about."""
    mine = desk.mine(item.key, who.rater.id)
    others = [one for one in desk.said(item.key) if one.rater != who.rater.id]
    progress = desk.progress(who.rater.id, kind)
    body = (
        _bar(item, progress, kind, len(desk.items)),
        element(
            "main",
            element(
                "div",
                [element("p", fault, class_="alert", role="alert") for fault in faults],
                conversation(item.suspect.row, item.suspect.reasons),
                decision_form(desk, who, item, kind, mine, typed or {}),
                class_="left",
            ),
            element(
                "aside",
                reasons(desk, item, kind),
                _said(mine, others) if mine or who.rater.role is Role.ADJUDICATOR else None,
                alike(desk, item, kind),
                about(item.suspect.row),
                class_="right",
            ),
            _around(desk, who, item, kind),
        ),
        element("dialog", element("h2", "Keys"), keys(), id="help"),
    )
    status = 400 if faults else 200
    return page(
        item.suspect.row.source, *body, status=status, csrf=who.csrf, kind="rows", also=ASSETS
    )


def _bar(item: Item, progress: Progress, kind: str, total: int) -> Html:
    count = f"{progress.mine:,} of {progress.total:,} decided"
    shown = SIGNS[SIGN_OF[kind]] if kind and kind != DISPUTED else kind
    return element(
        "header",
        element("a", "Rows", href="/rows", class_="home"),
        element(
            "progress", count, value=progress.mine, max=max(1, progress.total), aria_label=count
        ),
        element("a", f"only: {shown}", href=path(item.key), title="all kinds again", class_="soft")
        if kind
        else None,
        element(
            "span", f"{item.number:,} / {total:,}", class_="figure", title="place in the ranking"
        ),
        element("button", "?", type="button", id="keys", aria_label="Keys", class_="small"),
        class_="bar",
    )


def _said(mine: Decision | None, others: Sequence[Decision]) -> Child:
    """What was decided; what others said is shown to those who have decided, and adjudicate."""
    lines = [f"You {DONE[mine.choice]} it." + (f" {mine.why}" if mine.why else "")] if mine else []
    lines += [
        f"{one.rater} {DONE[one.choice]} it." + (f" {one.why}" if one.why else "") for one in others
    ]
    return element("div", element("h2", "Decided"), [element("p", said) for said in lines],
                   class_="said")  # fmt: skip


def _around(desk: Desk, who: Visitor, item: Item, kind: str) -> Html:
    found = [one.key for one in desk.matching(kind)]
    place = found.index(item.key) if item.key in found else -1
    before = path(found[place - 1], kind) if place > 0 else "/rows"
    after = path(found[place + 1], kind) if 0 <= place < len(found) - 1 else "/rows/done"
    return element(
        "nav",
        element("a", "Back", href=before, rel="prev", id="back"),
        undo(desk, who),
        element("a", "Forward", href=after, rel="next", id="forward"),
        class_="around",
    )


def undo(desk: Desk, who: Visitor) -> Html:
    """The form that takes the last decision back."""
    last = desk.last(who.rater.id)
    if last is None:
        return element("span", "Nothing to undo", class_="soft")
    key = last.assignment.rpartition("/")[0]
    return element(
        "form",
        hidden(csrf=who.csrf, key=key, undone=last.version),
        element(
            "button", "Undo the last decision", element("kbd", "u"), type="submit", class_="quiet"
        ),
        method="post",
        action="/rows/undo",
        id="undo",
    )


def done(desk: Desk, who: Visitor, kind: str) -> HTMLResponse:
    """After the last row."""
    progress = desk.progress(who.rater.id, kind)
    left = progress.total - progress.all
    body = element(
        "main",
        element("p", "Review of training rows", class_="overline"),
        element("h1", "Nothing is open" if left <= 0 else f"{left:,} rows are open"),
        _standing(desk.progress(who.rater.id)),
        element("p", "whet review --data --export DIR writes what was decided.", class_="soft"),
        element("nav", element("a", "All kinds", href="/rows", id="back"), undo(desk, who),
                class_="around"),
        class_="start",
    )  # fmt: skip
    return page("Rows", body, csrf=who.csrf, kind="done", also=ASSETS)
