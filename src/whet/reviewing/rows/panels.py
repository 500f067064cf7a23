"""What the pages of rows are put together from: the row, its reasons, its decision, its likes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from whet.data.suspicion import Reason
from whet.reporting.markup import Child, Html, element
from whet.reviewing.rows import texts
from whet.reviewing.rows.decisions import Choice, Decision
from whet.reviewing.rows.desk import Desk, Item
from whet.reviewing.rows.words import DONE, SIGNS, is_learnt, who_speaks
from whet.reviewing.server.entry import Visitor
from whet.reviewing.server.layout import hidden
from whet.types import Example


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


def decision_form(
    desk: Desk, who: Visitor, item: Item, kind: str, mine: Decision | None, typed: dict[int, str]
) -> Html:
    """Keep, fix or drop, with the boxes of a fix and a reason."""
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


def alike(desk: Desk, item: Item, kind: str) -> Child:
    """The rows most like this one, with what was decided about them."""
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


def about(example: Example) -> Html:
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
