"""How one server is set up, and what a server must not be started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from whet.errors import ConfigError
from whet.reviewing.server.limits import Limits
from whet.web.address import LOOPBACK_NAMES, is_loopback
from whet.web.keys import REVIEW_KEY

LEAST_KEY = 16


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` is the page behind a rater's link; `key` is asked for at each entry where it is set.

    `secret` signs sessions. `hosts` are the names the server answers to. `secure` says that
    browsers reach it by https, so that cookies travel by nothing else.
    """

    secret: bytes
    home: str
    key: str | None = None
    hosts: tuple[str, ...] = LOOPBACK_NAMES
    secure: bool = False
    limits: Limits = field(default_factory=Limits)


def reachable(
    secret: bytes, home: str, *, host: str, url: str | None = None, key: str | None = None
) -> Settings:
    """The settings for an address to listen on and the URL under which raters come.

    Raises:
        ConfigError: it is open to other machines and has no key, or the URL is none.
    """
    where = urlsplit(url or "")
    if url is not None and (where.scheme not in ("http", "https") or not where.hostname):
        raise ConfigError(f"--url {url}: expected http://HOST[:PORT] or https://HOST[:PORT].")
    is_open = not is_loopback(host) or (url is not None and not is_loopback(str(where.hostname)))
    if is_open and len(key or "") < LEAST_KEY:
        raise ConfigError(
            f"{url or host} is open to other machines. Set {REVIEW_KEY} to a key of at least"
            f" {LEAST_KEY} characters, which raters are asked for beside their link; or stay on"
            " 127.0.0.1."
        )
    names = [*LOOPBACK_NAMES, f"[{host}]" if ":" in host else host]
    if where.hostname:
        names.append(f"[{where.hostname}]" if ":" in where.hostname else where.hostname)
    return Settings(
        secret, home, key if is_open else None, tuple(dict.fromkeys(names)), where.scheme == "https"
    )
