"""The pages of rows as routes: start, the next row, one row, several rows, undo, the end."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from whet.reviewing.rows import pages
from whet.reviewing.rows.decisions import Choice
from whet.reviewing.rows.desk import DISPUTED, Desk, Item, Unknown
from whet.reviewing.rows.fixing import UnfitRow
from whet.reviewing.rows.panels import path
from whet.reviewing.rows.texts import as_typed
from whet.reviewing.rows.together import NUM_ROWS, together
from whet.reviewing.rows.words import SIGN_OF, SIGNS
from whet.reviewing.server.app import Unavailable
from whet.reviewing.server.entry import Form, Visitor, form, one, visitor
from whet.reviewing.store import Conflict
from whet.reviewing.store.database import StoreBusyError

MEANWHILE = "You have decided on this row in another tab meanwhile. Open it again to see how."
HOME = "/rows"
MAX_WHY = 300
Who = Annotated[Visitor, Depends(visitor)]
Sent = Annotated[Form, Depends(form)]
Kind = Annotated[str, Query(max_length=20)]
_TURN = re.compile(r"turn-(\d{1,4})")
_BACK = re.compile(r"/rows(?:[/?][A-Za-z0-9._/?=&-]*)?")


def row_pages(desk: Desk, notes: list[str]) -> APIRouter:
    """The routes of one review of rows."""
    router = APIRouter()

    @router.get("/rows")
    def start(who: Who) -> Response:
        return pages.start(desk, who, notes)

    @router.get("/rows/next")
    def following(who: Who, kind: Kind = "") -> Response:
        return RedirectResponse(_next(desk, who, _known(kind)), 303)

    @router.get("/rows/done")
    def done(who: Who, kind: Kind = "") -> Response:
        return pages.done(desk, who, _known(kind))

    @router.get("/rows/r/{key}")
    def show(who: Who, key: str, kind: Kind = "") -> Response:
        with _told():
            return pages.row(desk, who, desk.item(key), _known(kind))

    @router.post("/rows/r/{key}")
    def decide(request: Request, who: Who, sent: Sent, key: str) -> Response:
        with _told():
            item, kind = desk.item(key), _known(one(sent, "kind"))
            if one(sent, "choice") == "skip":
                return _answer(request, _next(desk, who, kind, key))
            choice = _choice(sent)
            texts = _texts(sent, item) if choice is Choice.FIX else {}
            version, why = _number(one(sent, "version")), _why(sent)
            try:
                desk.decide(who.rater.id, key, version, choice, texts, why)
            except UnfitRow as error:
                if _wants_json(request):
                    return JSONResponse({"error": " ".join(error.faults)}, 400)
                return pages.row(desk, who, item, kind, error.faults, texts)
            return _answer(request, _next(desk, who, kind, key))

    @router.post("/rows/undo")
    def undo(request: Request, who: Who, sent: Sent) -> Response:
        with _told():
            key = one(sent, "key")
            desk.undo(who.rater.id, key, _number(one(sent, "undone")))
            return _answer(request, path(key))

    @router.get("/rows/together")
    def several(
        who: Who, kind: Kind = "", like: Annotated[str, Query(max_length=60)] = "",
        page: Annotated[int, Query(ge=0, le=100_000)] = 0,
    ) -> Response:  # fmt: skip
        with _told():
            return _several(desk, who, _known(kind), like, page)

    @router.post("/rows/together")
    def decide_several(request: Request, who: Who, sent: Sent) -> Response:
        with _told():
            choice, why, back = _choice(sent), _why(sent), one(sent, "back")
            if choice is Choice.FIX:
                raise HTTPException(400, "Rows are fixed one by one.")
            ticked = sent.get("row", [])
            if not ticked or len(ticked) > NUM_ROWS:
                raise HTTPException(400, "Tick the rows that are meant, on one page.")
            for entry in ticked:
                key, _, version = entry.partition(" ")
                desk.decide(who.rater.id, key, _number(version), choice, {}, why)
            return _answer(request, back if _BACK.fullmatch(back) else HOME)

    return router


def _several(desk: Desk, who: Visitor, kind: str, like: str, page: int) -> Response:
    if like:
        item = desk.item(like)
        items = [item, *(desk.item(key) for key in item.alike)][:NUM_ROWS]
        return together(desk, who, items, "Rows alike", path(like), None)
    mine = who.rater.id
    found = [item for item in desk.matching(kind) if desk.mine(item.key, mine) is None]
    shown = found[page * NUM_ROWS : (page + 1) * NUM_ROWS]
    rest = len(found) > (page + 1) * NUM_ROWS
    more = f"/rows/together?kind={kind}&page={page + 1}" if rest else None
    name = "All rows" if not kind else kind if kind == DISPUTED else SIGNS[SIGN_OF[kind]]
    return together(desk, who, shown, name.capitalize(), HOME, more)


class _told:
    """Turns what a desk raises into what a rater reads."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unknown):
            raise HTTPException(404, "There is no such row.") from None
        if isinstance(error, Conflict):
            raise HTTPException(409, MEANWHILE) from None
        if isinstance(error, StoreBusyError):
            raise Unavailable(str(error)) from None


def _known(kind: str) -> str:
    if kind and kind != DISPUTED and kind not in SIGN_OF:
        raise HTTPException(404, "There is no such kind of suspicion.")
    return kind


def _next(desk: Desk, who: Visitor, kind: str, after: str = "") -> str:
    key = desk.next_open(who.rater.id, kind, after)
    if key is None:
        return "/rows/done" + (f"?kind={kind}" if kind else "")
    return path(key, kind)


def _choice(sent: Form) -> Choice:
    try:
        return Choice(one(sent, "choice"))
    except ValueError:
        raise HTTPException(400, "Keep, fix or drop: one of them.") from None


def _why(sent: Form) -> str:
    return " ".join(one(sent, "why").split())[:MAX_WHY]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise HTTPException(400, "The form could not be read.")
    return int(text)


def _texts(sent: Form, item: Item) -> dict[int, str]:
    """The turns that were changed, by their numbers."""
    messages = item.suspect.row.messages
    texts = {}
    for name in sent:
        match = _TURN.fullmatch(name)
        if match is None or int(match.group(1)) >= len(messages):
            continue
        turn = int(match.group(1))
        before = messages[turn]["content"]
        now = as_typed(one(sent, name), before)
        if now != before:
            texts[turn] = now
    return texts


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _answer(request: Request, path: str) -> Response:
    """Where to go on: as JSON for the script, else as a redirection."""
    if _wants_json(request):
        return JSONResponse({"saved": True, "next": path})
    return RedirectResponse(path, 303)
