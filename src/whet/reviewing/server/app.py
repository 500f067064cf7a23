"""The application: entry, assets, the pages that are handed in, and what refusals look like."""

from __future__ import annotations

import logging
from importlib.resources import files

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException as StarletteHTTPException

from whet.reviewing.server.entry import Door, entry, visitor
from whet.reviewing.server.guard import Guard, note, peer
from whet.reviewing.server.layout import notice
from whet.reviewing.server.limits import Buckets
from whet.reviewing.server.raters import Roll
from whet.reviewing.server.sessions import Sessions
from whet.reviewing.server.settings import Settings

ASSETS = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "rows.css": "text/css; charset=utf-8",
    "rows.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI traces by default, addresses with the tokens of links included, wherever the environment
names a collector. Nothing leaves this server."""
TITLES = {
    400: "That could not be read",
    401: "Please come in again",
    403: "Not for you",
    404: "Nothing here",
    409: "That has changed meanwhile",
    422: "That could not be read",
    429: "One moment",
    500: "Something broke",
    503: "Not saved",
}


class Unavailable(Exception):
    """What was sent could not be kept. Answered with 503 and without acknowledgement."""


def create_app(pages: APIRouter, roll: Roll, settings: Settings) -> Guard:
    """An application whose `pages` are open to raters with a session only.

    Pages raise `HTTPException` with words for the rater, and `Unavailable` where something could
    not be kept.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry=SILENT)
    limits = settings.limits
    app.state.door = Door(
        roll,
        settings,
        Sessions(settings.secret, limits.session_hours),
        Buckets(limits.entries_per_minute / 60, limits.entry_burst),
    )
    app.include_router(entry)
    app.include_router(pages, dependencies=[Depends(visitor)])
    app.get("/assets/{name}")(_asset)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(Exception, _broken)
    # Around everything, not a middleware: a fault of ours is answered outside of those.
    return Guard(app, settings.hosts, limits)


def _asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404, "There is no such page.")
    content = files("whet.reviewing.server").joinpath("assets", name).read_bytes()
    return Response(content, media_type=ASSETS[name])


def answer(request: Request, status: int, words: str) -> Response:
    """A refusal: JSON for the script, a page for a person."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": words}, status)
    return notice(TITLES.get(status, "That did not work"), words, status=status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    words = error.detail if isinstance(error, HTTPException) else "There is no such page."
    if error.status_code != 401:
        note(error.status_code, request.method, peer(request.scope), str(words))
    response = answer(request, error.status_code, str(words))
    for key, value in (error.headers or {}).items():
        response.headers[key] = value
    return response


async def _unreadable(request: Request, error: Exception) -> Response:
    return answer(request, 422, "The address or the form could not be read.")


async def _unavailable(request: Request, error: Exception) -> Response:
    note(503, request.method, peer(request.scope), str(error))
    response = answer(request, 503, f"{error} Nothing was saved. Try again in a moment.")
    response.headers["retry-after"] = "2"
    return response


async def _broken(request: Request, error: Exception) -> Response:
    logging.getLogger("whet.review").error("a fault of whet: %s", type(error).__name__)
    return answer(request, 500, "This is a fault of whet. Nothing was saved.")
