"""The way in: the landing page without content, a rater's own link, and who a request is from."""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from whet.reporting.markup import element
from whet.reviewing.server.guard import note, peer
from whet.reviewing.server.layout import notice, page
from whet.reviewing.server.limits import Buckets
from whet.reviewing.server.raters import Rater, Roll, digest_of
from whet.reviewing.server.sessions import COOKIE, Sessions
from whet.reviewing.server.settings import Settings

MAX_FIELDS = 5_000
"""A box for each turn of a row."""
OUT = "Come back by your own link: this session has ended, or there never was one."


@dataclass(frozen=True, slots=True)
class Door:
    """What the way in needs, kept as `app.state.door`."""

    roll: Roll
    settings: Settings
    sessions: Sessions
    entries: Buckets


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request is from, and what forms of this session send back."""

    rater: Rater
    csrf: str


Form = dict[str, list[str]]
"""The fields that were sent, each with its values in order."""

entry = APIRouter()


def visitor(request: Request) -> Visitor:
    """Who a request is from; 401 where that is nobody."""
    door: Door = request.app.state.door
    session = door.sessions.read(request.cookies.get(COOKIE))
    rater = door.roll.by_id(session.rater) if session else None
    if session is None or rater is None:
        raise HTTPException(401, OUT)
    return Visitor(rater, door.sessions.csrf(session))


async def fields(request: Request) -> Form:
    """The fields of a form that was sent; 400 where they cannot be read."""
    if request.headers.get("content-type", "").partition(";")[0] != (
        "application/x-www-form-urlencoded"
    ):
        raise HTTPException(415, "Send the form as a form.")
    try:
        text = (await request.body()).decode("ascii")
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form could not be read.") from None


async def form(request: Request, sent: Annotated[Form, Depends(fields)]) -> Form:
    """The fields of a form that this session was shown; 403 for any other."""
    door: Door = request.app.state.door
    session = door.sessions.read(request.cookies.get(COOKIE))
    if session is None:
        raise HTTPException(401, OUT)
    told = request.headers.get("x-csrf-token") or one(sent, "csrf")
    if not door.sessions.good_csrf(session, told):
        raise HTTPException(403, "This form is not from your session. Open the page again.")
    return sent


def one(sent: Form, name: str) -> str:
    """The only value of a field; empty where it was not sent, 400 where it was sent twice."""
    values = sent.get(name, [""])
    if len(values) != 1:
        raise HTTPException(400, f"The field {name} was sent {len(values)} times.")
    return values[0]


@entry.get("/")
def landing() -> HTMLResponse:
    """A page without content: nothing about the project, its models or its raters."""
    return notice("Review", "Raters come by their own link. There is nothing else here.")


@entry.get("/enter/{token}")
def knock(request: Request, token: str) -> HTMLResponse:
    """Lets a rater in, or asks for the key first."""
    door: Door = request.app.state.door
    rater = _known(request, door, token)
    if door.settings.key is None:
        return _let_in(door, rater)
    return _ask_key(200)


@entry.post("/enter/{token}")
def unlock(request: Request, token: str, sent: Annotated[Form, Depends(fields)]) -> HTMLResponse:
    """Lets a rater in who has the link and the key."""
    door: Door = request.app.state.door
    rater = _known(request, door, token)
    if door.settings.key is None:
        return _let_in(door, rater)
    given = one(sent, "key").strip()
    if not hmac.compare_digest(digest_of(given), digest_of(door.settings.key)):
        note(403, "POST", peer(request.scope), "wrong key")
        return _ask_key(403, "That is not the key.")
    return _let_in(door, rater)


def _known(request: Request, door: Door, token: str) -> Rater:
    wait = door.entries.take(peer(request.scope))
    if wait:
        raise HTTPException(
            429, "Too many tries. Wait a minute.", {"retry-after": str(math.ceil(wait))}
        )
    rater = door.roll.by_token(digest_of(token))
    if rater is None:
        note(404, request.method, peer(request.scope), "unknown link")
        raise HTTPException(404, "This link is unknown, or has ended. Ask for a new one.")
    return rater


def _ask_key(status: int, *words: str) -> HTMLResponse:
    fields = element("input", type="password", name="key", id="key", autocomplete="off", size=24)
    return page(
        "Review",
        element(
            "main",
            element("h1", "The key, please"),
            element("p", "You were given a key beside your link."),
            [element("p", sentence, class_="alert", role="alert") for sentence in words],
            element(
                "form",
                element("label", "Key", for_="key"),
                fields,
                element("button", "Go in", type="submit", class_="button"),
                method="post",
            ),
            class_="notice",
        ),
        status=status,
    )


def _let_in(door: Door, rater: Rater) -> HTMLResponse:
    """A fresh session, and on to the first page, which a strict cookie reaches only from here."""
    home = door.settings.home
    answer = page(
        "Review",
        element(
            "main",
            element("h1", "Come in"),
            element("p", element("a", "Go on", href=home, class_="button")),
            class_="notice",
        ),
        refresh=home,
    )
    answer.set_cookie(
        COOKIE,
        door.sessions.begin(rater.id),
        max_age=int(door.settings.limits.session_hours * 3600),
        path="/",
        secure=door.settings.secure,
        httponly=True,
        samesite="strict",
    )
    return answer
