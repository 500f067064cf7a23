"""The pages that raters see. Arms have no name here: only left and right reach this file."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from whet.reporting.markup import Child, Html, element, text
from whet.reviewing.comparing import controls
from whet.reviewing.comparing.desk import Place
from whet.reviewing.comparing.draws import Assignment
from whet.reviewing.comparing.frozen import Frozen
from whet.reviewing.comparing.words import KEYS, counts_truth
from whet.reviewing.server.entry import Visitor
from whet.reviewing.server.layout import hidden, page
from whet.reviewing.server.raters import Role
from whet.reviewing.store import Event

SHOWN_CHARACTERS, SHOWN_LINES = 24_000, 600


def criteria(frozen: Frozen, assignment: Assignment) -> tuple[str, ...]:
    """What both answers are rated by: the review's own criteria, then the item's."""
    return tuple(dict.fromkeys((*frozen.criteria, *assignment.item.criteria)))


def start(
    frozen: Frozen, who: Visitor, done: int, total: int, progress: tuple[int, int]
) -> HTMLResponse:
    """What this is about, before the first comparison."""
    adjudicates = who.rater.role is Role.ADJUDICATOR
    told = (
        "Here is what raters disagree about. You see each case as they did, on sides of its own."
        if adjudicates
        else "You see a question and two answers, left and right. Say which one is better. Who gave"
        " them is not shown, and their sides change at random."
    )
    body = element(
        "main",
        element("p", "Review", class_="overline"),
        element("h1", "Which answer is better?"),
        element("p", told, class_="lead"),
        element("p", text(frozen.instructions), class_="instructions")
        if frozen.instructions
        else None,
        element("p", element("a", _begin(done, total), href="/work", class_="button primary")),
        _standing(done, total, progress),
        element("h2", "By keyboard"),
        _keys(),
        element("h2", "What the count can show"),
        element("p", counts_truth(len(frozen.items)), class_="soft"),
        element(
            "p",
            "Some comparisons come a second time, on purpose. Judge each one as if it were new.",
            class_="soft",
        ),
        class_="start",
    )
    return page("Review", body, csrf=who.csrf, kind="start")


def _begin(done: int, total: int) -> str:
    if not total:
        return "There is nothing to judge"
    if done >= total:
        return "All done. Look at them again"
    return f"Go on with {done + 1} of {total}" if done else f"Begin with 1 of {total}"


def _standing(done: int, total: int, progress: tuple[int, int]) -> Html:
    return element(
        "p",
        f"You: {done} of {total}. Everybody: {progress[0]} of {progress[1]}. ",
        "Each vote is saved at once; you can stop at any time and come back by your link.",
        class_="soft",
    )


def _keys() -> Html:
    rows = [
        element("div", element("dt", element("kbd", keys)), element("dd", meaning))
        for keys, meaning in KEYS
    ]
    return element("dl", rows, class_="keys")


def comparison(frozen: Frozen, who: Visitor, place: Place, last: Event | None) -> HTMLResponse:
    """One comparison."""
    assignment = place.assignment
    item = assignment.item
    asked = criteria(frozen, assignment)
    body = (
        _bar(place),
        element(
            "main",
            _conversation(item.conversation),
            element(
                "div",
                _answer("Left", item.answers[assignment.left]),
                _answer("Right", item.answers[assignment.right]),
                class_="answers",
            ),
            element(
                "form",
                hidden(csrf=who.csrf, version=place.version, vote_id=place.vote_id),
                controls.choices(place.ballot),
                controls.ratings(asked, place.ballot),
                controls.details(frozen, item, place.ballot),
                controls.save(place.ballot),
                method="post",
                action=f"/c/{assignment.key}",
                id="ballot",
                data_fast=not asked,
            ),
            _around(who, place, last),
        ),
        element("dialog", element("h2", "Keys"), _keys(), id="help"),
    )
    return page(f"{place.number} of {place.total}", *body, csrf=who.csrf, kind="comparison")


def _bar(place: Place) -> Html:
    count = f"{place.done} of {place.total} done"
    return element(
        "header",
        element("a", "Review", href="/start", class_="home"),
        element("progress", count, value=place.done, max=max(1, place.total), aria_label=count),
        element("span", f"{place.number} / {place.total}", class_="figure"),
        element("button", "?", type="button", id="keys", aria_label="Keys", class_="small"),
        class_="bar",
    )


def _conversation(turns: tuple[tuple[str, str], ...]) -> Html:
    names = {"user": "Question", "assistant": "Earlier answer", "tool": "Result of a tool"}
    return element(
        "section",
        [
            element("div", element("h2", names.get(role, role)), _prose(said), class_=_safe(role))
            for role, said in turns
        ],
        class_="conversation",
    )


def _safe(role: str) -> str:
    return "turn asked" if role == "user" else "turn"


def _answer(side: str, said: str) -> Html:
    return element("section", element("h2", side), _prose(said), class_="answer", tabindex=0)


def _prose(said: str) -> Html:
    """A text as it is, inert, in its own direction of reading."""
    if not said.strip():
        return element("p", "(nothing was written)", class_="soft")
    shown = text(said, SHOWN_CHARACTERS, SHOWN_LINES)
    return element("div", shown, class_="prose", dir="auto")


def _around(who: Visitor, place: Place, last: Event | None) -> Html:
    back = f"/c/{place.previous}" if place.previous else "/start"
    ahead = f"/c/{place.following}" if place.following else "/done"
    return element(
        "nav",
        element("a", "Back", href=back, rel="prev", id="back"),
        undo(who, last),
        element("a", "Forward", href=ahead, rel="next", id="forward"),
        class_="around",
    )


def undo(who: Visitor, last: Event | None) -> Child:
    """The form that takes the last vote back; nothing where there is none."""
    if last is None:
        return element("span", "Nothing to undo", class_="soft")
    return element(
        "form",
        hidden(csrf=who.csrf, key=last.assignment, undone=last.version),
        element("button", "Undo the last vote", type="submit", class_="quiet"),
        method="post",
        action="/undo",
        id="undo",
    )


def done(
    who: Visitor,
    count: int,
    total: int,
    progress: tuple[int, int],
    last_key: str | None,
    last: Event | None,
) -> HTMLResponse:
    """After the last one."""
    left = total - count
    title = "Thank you. That was all." if not left else f"{left} still open"
    body = element(
        "main",
        element("p", "Review", class_="overline"),
        element("h1", title),
        _standing(count, total, progress),
        element("p", element("a", "Go on", href="/work", class_="button primary"))
        if left
        else None,
        element(
            "nav",
            element("a", "Back", href=f"/c/{last_key}", rel="prev", id="back")
            if last_key
            else None,
            undo(who, last),
            class_="around",
        ),
        class_="start",
    )
    return page("Review", body, csrf=who.csrf, kind="done")
