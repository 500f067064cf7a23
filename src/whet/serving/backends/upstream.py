"""An engine behind HTTP on a private address: events in, faults told apart, ended on leaving."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from whet.errors import MissingExtraError
from whet.serving.surface.faults import Fault

if TYPE_CHECKING:
    import httpx2

MAX_SHOWN = 500
TOO_LONG = ("exceed_context_size", "maximum context length", "context size", "context length")


class Upstream:
    """Requests to one engine. `key` is its own, made for this run and known to nobody else.

    Raises:
        MissingExtraError: httpx2 is not installed.
    """

    def __init__(self, address: str, key: str, slots: int) -> None:
        try:
            import httpx2
        except ImportError:
            raise MissingExtraError("httpx2", "serve", "Serving an engine") from None
        self._failures = (httpx2.TransportError,)
        self._client = httpx2.AsyncClient(
            base_url=address,
            headers={"authorization": f"Bearer {key}"},
            timeout=httpx2.Timeout(None, connect=5.0),
            # No connection is used twice: llama.cpp closes some while a request is on its way.
            limits=httpx2.Limits(max_connections=4 * slots + 4, max_keepalive_connections=0),
            trust_env=False,
        )

    async def get(self, path: str) -> int | None:
        """The status of a GET; None where nobody answers within a second."""
        try:
            return (await self._client.get(path, timeout=1.0)).status_code
        except self._failures:
            return None

    async def post(self, path: str, body: dict[str, Any], param: str) -> Any:
        """The answer to a request as JSON.

        Raises:
            Fault: the engine refuses it, fails or is gone; `param` is what its words are about.
        """
        try:
            response = await self._client.post(path, json=body)
        except self._failures as error:
            raise _lost(error) from None
        if response.status_code != 200:
            raise fault_of(response.status_code, response.content, param)
        return response.json()

    async def events(
        self, path: str, body: dict[str, Any], param: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a request. It is read to its end: what is left half read is closed late.

        Raises:
            Fault: as `post`; or the stream holds an error, or breaks off.
        """
        try:
            async with self._client.stream("POST", path, json=body) as response:
                if response.status_code != 200:
                    raise fault_of(response.status_code, await response.aread(), param)
                async with aclosing(_lines(response)) as lines:
                    async for line in lines:
                        name, _, data = line.partition(b": ")
                        if name == b"error":
                            raise fault_of(500, b'{"error": ' + data + b"}", param)
                        if name == b"data" and data != b"[DONE]":
                            yield _event(data, param)
        except self._failures as error:
            raise _lost(error) from None

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.aclose()


async def _lines(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """Lines, which end at line feeds alone: JSON may hold other signs that look like ends."""
    rest = b""
    async with aclosing(response.aiter_bytes()) as parts:
        async for part in parts:
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")


def _event(data: bytes, param: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise Fault(500, "The engine answered something that is no JSON.") from None
    if not isinstance(value, dict):
        raise Fault(500, "The engine answered something that is no object.")
    if "error" in value:
        raise fault_of(500, data, param)
    return value


def fault_of(status: int, content: bytes, param: str) -> Fault:
    """What a client is told of an engine's refusal: its words, and whose fault it is."""
    message, kind = _words(content)
    said = f"{message} {kind}".lower()
    if any(words in said for words in TOO_LONG):
        return Fault(400, message, param=param, code="context_length_exceeded")
    if status in (400, 404, 422):
        return Fault(400, message, param=param, code="refused_by_engine")
    if status in (429, 503):
        return Fault(503, message, code="engine_busy", retry_after_s=2)
    return Fault(500, f"The engine failed: {message}", code="engine_error")


def _words(content: bytes) -> tuple[str, str]:
    try:
        told = json.loads(content)
    except ValueError:
        return content[:MAX_SHOWN].decode("utf-8", "replace") or "no words", ""
    error = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return str(error)[:MAX_SHOWN], ""
    return str(error.get("message", error))[:MAX_SHOWN], str(error.get("type", ""))


def _lost(error: Exception) -> Fault:
    return Fault(
        503,
        f"The engine does not answer ({type(error).__name__}).",
        code="engine_down",
        retry_after_s=5,
    )
