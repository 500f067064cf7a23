"""An HTTP client for an OpenAI-compatible address, with the key that the environment holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from whet.errors import EndpointError, MissingExtraError
from whet.web.address import is_loopback


@dataclass(frozen=True, slots=True)
class Connection:
    """`client` sends the key with every request; `failures` are its errors without an answer."""

    base_url: str
    client: Any
    failures: type[Exception]
    _key: str

    def redacted(self, text: str) -> str:
        """The text without the key, wherever a server repeats it."""
        return text.replace(self._key, "***") if self._key else text


def connect(
    base_url: str,
    api_key_env: str | None,
    *,
    purpose: str,
    timeout_s: float,
    max_connections: int | None = None,
) -> Connection:
    """A connection that is opened at the first request.

    The key is read from the environment variable that `api_key_env` names and sent nowhere else.

    Raises:
        MissingExtraError: httpx2 is not installed; `purpose` needs it.
        EndpointError: the address is none, or the variable for the key is not set.
    """
    try:
        import httpx2
    except ImportError:
        raise MissingExtraError("httpx2", "endpoint", purpose) from None
    host = _host_of(base_url)
    key = _key_from(api_key_env)
    client = httpx2.Client(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=timeout_s,
        limits=httpx2.Limits(max_connections=max_connections),
        trust_env=not is_loopback(host),  # no proxy is on the way to this machine
    )
    return Connection(base_url.rstrip("/"), client, httpx2.TransportError, key)


def _host_of(base_url: str) -> str:
    try:
        place = urlsplit(base_url)
        if place.scheme in ("http", "https") and place.hostname and place.port != 0:
            return place.hostname
    except ValueError:
        pass
    raise EndpointError(f"endpoint {base_url!r} is no http:// or https:// address.")


def _key_from(api_key_env: str | None) -> str:
    if api_key_env is None:
        return ""
    key = os.environ.get(api_key_env, "").strip()
    if not key:
        raise EndpointError(
            f"the environment variable {api_key_env} is not set; it should hold the endpoint's key."
        )
    return key
