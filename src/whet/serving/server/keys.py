"""The keys that an address needs."""

from __future__ import annotations

import os
from pathlib import Path

from whet.errors import ConfigError
from whet.web.address import is_loopback
from whet.web.keys import SERVE_KEY

LEAST_KEY = 16


def keys_for(host: str, key_file: Path | None) -> tuple[str, ...]:
    """The keys that clients may send: those of the file, one a line, or the environment's.

    Raises:
        ConfigError: a key that is too short or no ASCII, an empty or unreadable file; no key for
            an address that other machines reach.
    """
    if key_file is not None:
        keys, where = _in_file(key_file), str(key_file)
    else:
        told = os.environ.get(SERVE_KEY, "").strip()
        keys, where = ((told,) if told else ()), SERVE_KEY
    for key in keys:
        if len(key) < LEAST_KEY or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError(
                f"{where}: a key needs at least {LEAST_KEY} printable ASCII characters without"
                f" spaces; one has {len(key)}. Make one: openssl rand -hex 24."
            )
    if not keys and not is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached from other machines. Set {SERVE_KEY} or give"
            f" --api-key-file FILE with a key of at least {LEAST_KEY} characters; or stay on"
            " 127.0.0.1."
        )
    return keys


def _in_file(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--api-key-file {path}: cannot be read: {error}.") from None
    keys = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not keys:
        raise ConfigError(f"--api-key-file {path}: holds no key.")
    return keys
