"""The pages on which rows are decided: the start, one row, several rows, the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from fastapi.responses import HTMLResponse

from whet.data.suspicion import Reason
from whet.reporting.markup import Child, Html, element
from whet.reviewing.rows import texts
from whet.reviewing.rows.decisions import Choice, Decision
from whet.reviewing.rows.desk import DISPUTED, Desk, Item, Progress
from whet.reviewing.rows.words import DONE, KEYS, SIGN_OF, SIGNS, is_learnt, who_speaks
from whet.reviewing.server.entry import Visitor
from whet.reviewing.server.layout import hidden, page
from whet.reviewing.server.raters import Role
from whet.types import Example

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
                _decision(desk, who, item, kind, mine, typed or {}),
                class_="left",
            ),
            element(
                "aside",
                reasons(desk, item, kind),
                _said(mine, others) if mine or who.rater.role is Role.ADJUDICATOR else None,
                _alike(desk, item, kind),
                _about(item.suspect.row),
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


def path(key: str, kind: str = "") -> str:
    """The address of a row."""
    return f"/rows/r/{quote(key)}" + (f"?kind={kind}" if kind else "")


def conversation(example: Example, why: Sequence[Reason] = ()) -> Html:
    """The row as it stands, and what of it is trained on."""
    turns: list[Child] = []
    for turn, message in enumerate(example.messages):
        meant = [reason for reason in why if reason.turn == turn]
        learnt = is_learnt(example, turn)
        thought = message.get("reasoning_content", "")
        turns.append(
            element(
                "section",
                element("h2", who_speaks(example, turn)),
                element("div", texts.prose(thought), class_="thought") if thought else None,
                None
                if message.get("tool_calls") and not message["content"].strip()
                else texts.prose(message["content"], meant),
                texts.calls(message),
                class_="turn learnt" if learnt else f"turn {_role(message['role'])}",
            )
        )
    for message in example.rejected:
        shown = texts.prose(message["content"])
        turns.append(
            element("section", element("h2", "Rejected answer: trained away from"), shown,
                    class_="turn rejected")
        )  # fmt: skip
    return element("div", turns, class_="conversation")


def _role(role: str) -> str:
    return role if role in ("system", "user", "tool") else "context"


def reasons(desk: Desk, item: Item, kind: str = "") -> Html:
    """Why the row is suspected, with links to the rows that speak against it."""
    if not item.suspect.reasons:
        return element("p", "Nothing speaks against this row.", class_="soft")
    return element(
        "ul",
        [
            element(
                "li",
                element("strong", SIGNS[reason.sign]),
                element(
                    "meter", f"{reason.strength:.2f}", value=round(reason.strength, 3), max=1,
                    title=f"strength {reason.strength:.2f}",
                ),
                element("p", texts.whole(reason.message[:1].upper() + reason.message[1:])),
                _others(desk, reason, kind),
            )
            for reason in item.suspect.reasons
        ],
        class_="reasons",
    )  # fmt: skip


def _others(desk: Desk, reason: Reason, kind: str) -> Child:
    found = [
        (source, desk.by_source[source]) for source in reason.others if source in desk.by_source
    ]
    if not found:
        return None
    links = [element("a", texts.whole(source), href=path(key, kind)) for source, key in found]
    return element("p", links, class_="links")


def _said(mine: Decision | None, others: Sequence[Decision]) -> Child:
    """What was decided; what others said is shown to those who have decided, and adjudicate."""
    lines = [f"You {DONE[mine.choice]} it." + (f" {mine.why}" if mine.why else "")] if mine else []
    lines += [
        f"{one.rater} {DONE[one.choice]} it." + (f" {one.why}" if one.why else "") for one in others
    ]
    return element("div", element("h2", "Decided"), [element("p", said) for said in lines],
                   class_="said")  # fmt: skip


def _decision(
    desk: Desk, who: Visitor, item: Item, kind: str, mine: Decision | None, typed: dict[int, str]
) -> Html:
    example = item.suspect.row
    now = typed or (dict(mine.texts) if mine else {})
    boxes = [
        texts.box(now.get(turn, message["content"]), f"turn-{turn}", who_speaks(example, turn))
        for turn, message in enumerate(example.messages)
        if message["content"].strip() or not message.get("tool_calls")
    ]
    version = desk.version(item.key, who.rater.id)
    return element(
        "form",
        hidden(csrf=who.csrf, version=version, kind=kind),
        element(
            "div",
            _button(Choice.KEEP, "Keep", "k", mine),
            element("button", "Fix", element("kbd", "f"), type="button", id="fix",
                    class_=_chosen(Choice.FIX, mine)),
            _button(Choice.DROP, "Drop", "d", mine),
            element("button", "Later", element("kbd", "s"), type="submit", name="choice",
                    value="skip", class_="quiet", formnovalidate=True),
            class_="deciding",
        ),
        element(
            "details",
            element("summary", "Fix it"),
            boxes,
            element("button", "Save the fix", element("kbd", "Ctrl Enter"), type="submit",
                    name="choice", value="fix", class_="primary"),
            id="fixing",
            open=bool(typed),
        ),
        element("label", "Why (not needed)", element("input", type="text", name="why", id="why",
                maxlength=300, value=mine.why if mine else "", autocomplete="off"), class_="why"),
        element("p", "", id="told", role="status"),
        method="post",
        action=path(item.key),
        id="decision",
    )  # fmt: skip


def _button(choice: Choice, label: str, key: str, mine: Decision | None) -> Html:
    return element("button", label, element("kbd", key), type="submit", name="choice",
                   value=choice.value, class_=_chosen(choice, mine))  # fmt: skip


def _chosen(choice: Choice, mine: Decision | None) -> str:
    return f"{choice.value} chosen" if mine and mine.choice is choice else choice.value


def _alike(desk: Desk, item: Item, kind: str) -> Child:
    if not item.alike:
        return None
    rows = []
    for key in item.alike:
        other = desk.item(key)
        said = desk.said(key)
        done = f" ({', '.join(DONE[one.choice] for one in said)})" if said else ""
        link = element("a", other.suspect.row.source, href=path(key, kind))
        shown = element("span", other.suspect.row.question[:90], done, class_="soft")
        rows.append(element("li", link, " ", shown))
    together = element("a", "Look at these together", element("kbd", "l"), id="alike",
                       href=f"/rows/together?like={quote(item.key)}")  # fmt: skip
    return element("div", element("h2", "Rows like it"), element("ul", rows),
                   element("p", together), class_="alike")  # fmt: skip


def _about(example: Example) -> Html:
    """Where the row stands, and its other columns."""
    shown = {"group": example.group, **example.fields} if example.group else example.fields
    said = {message["content"] for message in example.messages}
    columns = [
        element(
            "div", element("dt", texts.whole(str(name))), element("dd", texts.whole(_value(value)))
        )
        for name, value in shown.items()
        if not (isinstance(value, str) and value in said)
    ]
    return element(
        "details",
        element("summary", example.source),
        element("dl", columns, class_="fields") if columns else None,
        element("p", f"id {example.id}", class_="soft"),
        element("pre", texts.whole(json.dumps(list(example.tools), ensure_ascii=False, indent=1)))
        if example.tools
        else None,
        class_="about",
    )


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
