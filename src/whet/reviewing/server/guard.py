"""The outermost layer: every answer gets the same headers, every request passes the same checks.

Host names are checked against rebinding, origins against forged forms, bodies and rates against
floods. Responses never differ in their headers by what they show: the set and the order are fixed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from whet.reviewing.server.limits import Buckets, Limits
from whet.web.asgi import App, Message, Receive, Scope, Send, host_name, replayed

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}
KEPT = ("content-type", "content-length", "location", "set-cookie", "retry-after", "allow")
METHODS = {"GET", "HEAD", "POST"}

log = logging.getLogger("whet.review")


class Guard:
    """Wraps an app. `hosts` are the names under which it may be asked for, without ports."""

    def __init__(self, app: App, hosts: Iterable[str], limits: Limits) -> None:
        self._app, self._hosts, self._limits = app, {host.lower() for host in hosts}, limits
        self._requests = Buckets(limits.requests_per_second, limits.request_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        headers = {key.lower(): value for key, value in scope["headers"]}
        refused = self._refusal(scope, headers)
        if refused is not None:
            await _refuse(scope, send, *refused)
            return
        body = await _body(receive, self._limits.max_body_bytes)
        if body is None:
            await _refuse(scope, send, 413, "What was sent is too large.")
            return
        await self._app(scope, replayed(body, receive), _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Status and words for a request that goes no further."""
        if scope["method"] not in METHODS:
            return 405, "This method is not for here."
        if host_name(headers.get(b"host", b"")) not in self._hosts:
            return 421, "This server does not go by that name."
        if scope["method"] == "POST" and not _same_origin(headers):
            return 403, "The form comes from another site."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._limits.max_body_bytes:
            return 413, "What was sent is too large."
        wait = self._requests.take(peer(scope))
        return (429, "Too many requests. Wait a moment.") if wait else None


def peer(scope: Scope) -> str:
    """The address that a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _same_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether the browser says, as far as it says anything, that the form is our own."""
    site = headers.get(b"sec-fetch-site", b"same-origin")
    origin = headers.get(b"origin")
    if origin == b"null":  # a form sent without the script: our pages say "no-referrer"
        return headers.get(b"sec-fetch-site") == b"same-origin"
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b""):
        return False
    return site in (b"same-origin", b"none")


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None as soon as it is longer than `most`."""
    found: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return found
        found += message.get("body", b"")
        if len(found) > most:
            return None
        if not message.get("more_body", False):
            return found


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _headers(message.get("headers", []))}
        await send(message)

    return sending


def _headers(found: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The few headers of the response that are let through, in a fixed order, then our own."""
    rows = [(key.lower(), value) for key, value in found]
    kept = [row for name in KEPT for row in rows if row[0] == name.encode()]
    return [*kept, *((key.encode(), value.encode()) for key, value in HEADERS.items())]


async def _refuse(scope: Scope, send: Send, status: int, words: str) -> None:
    note(status, scope["method"], peer(scope), words)
    body = f"{words}\n".encode()
    rows = [(b"content-type", b"text/plain; charset=utf-8")]
    rows.append((b"content-length", str(len(body)).encode()))
    rows += [(b"retry-after", b"2")] if status == 429 else []
    headers = _headers(rows)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def note(status: int, method: str, who: str, words: str) -> None:
    """One line of JSON about a refusal. Paths are left out: they may hold a link's token."""
    row = {"status": status, "method": method[:10], "from": who[:60], "why": words[:200]}
    log.warning(json.dumps(row))
