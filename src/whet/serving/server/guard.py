"""The outermost layer: who may ask, from where, how much they may send; and every answer's id.

Deny by default: without the key only /health and /ready answer, whatever the path or the method.
On a loopback address without a key the name of the host must be a loopback name, so that no web
page can reach the model by a name of its own (DNS rebinding), and no other site's page may post.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from whet.serving.server.limits import Limits
from whet.serving.surface.faults import Fault
from whet.web.address import is_loopback
from whet.web.asgi import App, Message, Receive, Scope, Send, host_name, replayed

OPEN = ("/health", "/ready")
ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Keys:
    """Digests of the keys that are let in; none: the server is open on its loopback address."""

    digests: tuple[bytes, ...] = ()

    @staticmethod
    def of(keys: tuple[str, ...]) -> Keys:
        """The digests of keys, which themselves are kept nowhere."""
        return Keys(tuple(_digest(key.encode()) for key in keys))

    def admits(self, authorization: bytes) -> bool:
        """Whether the header holds one of the keys, compared in constant time."""
        scheme, _, sent = authorization.partition(b" ")
        told = _digest(sent.strip())
        found = [hmac.compare_digest(told, digest) for digest in self.digests]
        return scheme.lower() == b"bearer" and any(found)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


class Guard:
    """Wraps an app."""

    def __init__(self, app: App, keys: Keys, limits: Limits) -> None:
        self._app, self._keys, self._limits = app, keys, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        headers = {key.lower(): value for key, value in scope["headers"]}
        send = _with_headers(send, _request_id(headers))
        try:
            self._check(scope, headers)
            body = await self._body(receive)
        except Fault as fault:
            await _refuse(send, fault)
            return
        if body is None:
            return
        with suppress(Exception):  # answered with 500 and logged, without its text, by the app
            await self._app(scope, replayed(body, receive), send)

    def _check(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        is_open = scope["path"] in OPEN and scope["method"] in ("GET", "HEAD")
        if self._keys.digests:
            if not is_open and not self._keys.admits(headers.get(b"authorization", b"")):
                raise Fault(
                    401,
                    "A key is needed: Authorization: Bearer KEY.",
                    code="invalid_api_key",
                )
        elif not is_loopback(host_name(headers.get(b"host", b""))):
            raise Fault(403, "This server does not go by that name.", code="unknown_host")
        origin = headers.get(b"origin")
        if origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b""):
            raise Fault(403, "Pages of other sites are not answered.", code="foreign_origin")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._limits.max_body_bytes:
            raise self._too_large()

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None where the client left before it was there."""
        found, size = [], 0
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    found.append(message.get("body", b""))
                    size += len(found[-1])
                    if size > self._limits.max_body_bytes:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return b"".join(found)
        except TimeoutError:
            seconds = self._limits.body_timeout_s
            raise Fault(408, f"The body did not come within {seconds:g} s.") from None

    def _too_large(self) -> Fault:
        most = self._limits.max_body_bytes
        return Fault(413, f"The body is larger than {most:,} bytes.", code="body_too_large")


def _request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The client's own id where it is a plain one; else a new one."""
    told = headers.get(b"x-request-id", b"")
    return told if ID.fullmatch(told) else f"req_{uuid.uuid4().hex}".encode()


def _with_headers(send: Send, request_id: bytes) -> Send:
    own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
    own.append((b"x-request-id", request_id))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return sending


async def _refuse(send: Send, fault: Fault) -> None:
    body = json.dumps(fault.body()).encode()
    rows = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    rows += [(key.encode(), value.encode()) for key, value in fault.headers().items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": rows})
    await send({"type": "http.response.body", "body": body})
