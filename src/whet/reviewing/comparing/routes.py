"""The pages of a comparison as routes: start, the next one, one comparison, undo, done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from whet.reviewing.comparing import pages
from whet.reviewing.comparing.ballots import BadBallot, read_ballot
from whet.reviewing.comparing.desk import Closed, Desk, NotYours, Unknown
from whet.reviewing.server.app import Unavailable
from whet.reviewing.server.entry import Form, Visitor, form, one, visitor
from whet.reviewing.server.raters import Rater
from whet.reviewing.store import Conflict
from whet.reviewing.store.database import StoreBusyError

MEANWHILE = (
    "This comparison has a vote from another tab or an earlier try. Open it again to see it."
)
Who = Annotated[Visitor, Depends(visitor)]
Sent = Annotated[Form, Depends(form)]


def comparison_pages(desk: Desk) -> APIRouter:
    """The routes of one review."""
    router = APIRouter()

    @router.get("/start")
    def start(who: Who) -> Response:
        with _told():
            queue, votes = desk.queue(who.rater), desk.votes(who.rater)
            done = sum(one.key in votes for one in queue)
            return pages.start(desk.frozen, who, done, len(queue), desk.progress())

    @router.get("/work")
    def work(who: Who) -> Response:
        with _told():
            return _go(_next(desk, who.rater))

    @router.get("/c/{key}")
    def show(who: Who, key: str) -> Response:
        with _told():
            last = desk.last(who.rater)
            return pages.comparison(desk.frozen, who, desk.place(who.rater, key), last)

    @router.post("/c/{key}")
    def cast(request: Request, who: Who, sent: Sent, key: str) -> Response:
        with _told():
            asked = pages.criteria(desk.frozen, desk.assignment(who.rater, key))
            version = _version(sent, desk, key)
            try:
                ballot = read_ballot(sent, asked, desk.frozen.tags)
            except BadBallot as error:
                raise HTTPException(400, str(error)) from None
            desk.cast(who.rater, key, version, ballot)
            return _answer(request, _next(desk, who.rater, key))

    @router.post("/undo")
    def undo(request: Request, who: Who, sent: Sent) -> Response:
        with _told():
            key = one(sent, "key")
            desk.undo(who.rater, key, _number(one(sent, "undone")))
            return _answer(request, f"/c/{key}")

    @router.get("/done")
    def done(who: Who) -> Response:
        with _told():
            queue, votes = desk.queue(who.rater), desk.votes(who.rater)
            count = sum(one.key in votes for one in queue)
            last = queue[-1].key if queue else None
            return pages.done(who, count, len(queue), desk.progress(), last, desk.last(who.rater))

    return router


class _told:
    """Turns what a desk raises into what a rater reads."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unknown):
            raise HTTPException(404, "There is no such comparison.") from None
        if isinstance(error, NotYours):
            raise HTTPException(403, "This comparison is not yours.") from None
        if isinstance(error, Closed):
            raise HTTPException(409, "This review is closed. Thank you.") from None
        if isinstance(error, Conflict):
            raise HTTPException(409, MEANWHILE) from None
        if isinstance(error, StoreBusyError):
            raise Unavailable(str(error)) from None


def _version(sent: Form, desk: Desk, key: str) -> int:
    version = _number(one(sent, "version"))
    if one(sent, "vote_id") != desk.vote_id(key, version):
        raise HTTPException(400, "The form does not belong to this comparison. Open it again.")
    return version


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise HTTPException(400, "The form could not be read.")
    return int(text)


def _next(desk: Desk, rater: Rater, after: str | None = None) -> str:
    key = desk.next_open(rater, after)
    return f"/c/{key}" if key else "/done"


def _go(path: str) -> Response:
    return RedirectResponse(path, 303)


def _answer(request: Request, path: str) -> Response:
    """Where to go on: as JSON for the script, else as a redirection."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"saved": True, "next": path})
    return _go(path)
