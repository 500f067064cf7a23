"""Is what looks like a token one, or the placeholder of a manual?"""

from __future__ import annotations

import base64
import binascii
import json
import re

_PLACEHOLDER = re.compile(
    r"x{4}|\*{3}|\.{3}|your|example|placeholder|changeme|dummy|redacted|12345678"
    r"|<|>|\{|\}|\$",
    re.IGNORECASE,
)
_WEAK_PASSWORDS = frozenset(
    ("password", "passwd", "pass", "pwd", "secret", "postgres", "root", "admin", "user", "guest")
)


def varied(text: str) -> bool:
    """Not a placeholder such as sk-xxxxxxxx or sk-your-key."""
    return len(set(text[4:].lower())) >= 8 and not _PLACEHOLDER.search(text)


def json_web_token(text: str) -> bool:
    """Its header is JSON that names an algorithm (RFC 7519)."""
    header = text.split(".", 1)[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def password_in_url(text: str) -> bool:
    """The password between user and host is no placeholder and no word of a tutorial."""
    login = text.split("://", 1)[1].rpartition("@")[0]
    user, _, password = login.partition(":")
    known = password.lower() in _WEAK_PASSWORDS or password.lower() == user.lower()
    return not known and not _PLACEHOLDER.search(password)
