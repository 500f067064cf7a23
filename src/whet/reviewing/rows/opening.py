"""The secret that signs the sessions of a review of rows: made once, kept for its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from whet.errors import RunError

FILE = "session.key"


def session_secret(folder: Path) -> bytes:
    """32 random bytes, the same at each start, so that raters stay in when the server restarts.

    Raises:
        RunError: the file cannot be read or written, or is not what was written.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(32))
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path}: {error}. Remove it; raters then come in anew by their links."
        ) from None
    if len(secret) < 32:
        raise RunError(f"{path}: too short. Remove it; raters then come in anew by their links.")
    return secret
