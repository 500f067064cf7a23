"""The application: routes, and what refusals look like."""

from __future__ import annotations

import logging
import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from whet.serving.backends.backend import Backend
from whet.serving.server.admission import Gate
from whet.serving.server.guard import Guard, Keys
from whet.serving.server.limits import LIMITS, Limits
from whet.serving.surface.faults import Fault, broken
from whet.serving.surface.routes import new_desk, routes

SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI traces by default wherever the environment names a collector. Nothing leaves here."""
FRAMES_TOLD = 4

log = logging.getLogger("whet.serve")


def create_app(backend: Backend, keys: Keys, limits: Limits = LIMITS) -> tuple[Guard, FastAPI]:
    """The application in its guard, and the application itself."""
    app = FastAPI(
        title="whet serve", docs_url=None, redoc_url=None, openapi_url=None, telemetry=SILENT
    )
    app.router.redirect_slashes = False
    app.state.desk = new_desk(backend, Gate(backend.about.slots, limits))
    app.include_router(routes)
    app.add_exception_handler(Fault, _fault)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _broken)
    return Guard(app, keys, limits), app


def _answer(fault: Fault) -> Response:
    return JSONResponse(fault.body(), fault.status, fault.headers())


async def _fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, Fault)
    return _answer(error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "There is no such path.", 405: "This path has no such method."}
    fault = Fault(error.status_code, words.get(error.status_code, str(error.detail)))
    response = _answer(fault)
    for key, value in (error.headers or {}).items():
        response.headers[key] = value
    return response


async def _unreadable(request: Request, error: Exception) -> Response:
    return _answer(Fault(400, "The request could not be read."))


async def _broken(request: Request, error: Exception) -> Response:
    """Our own fault. An exception's text may hold a prompt, so its kind and its place are told."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_TOLD:]
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    log.error("a fault of whet: %s at %s", type(error).__name__, place)
    return _answer(broken())
