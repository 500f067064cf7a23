"""Sessions as signed cookies: nothing to store, and good across a restart of the server.

    cookie   base64url(JSON {rater, issued, nonce}) . HMAC
    csrf     HMAC of the nonce under another name

A session is new at each entry, ends after some hours, and is checked against the roll at each
request, so that a removed rater is out at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "whet_review"


@dataclass(frozen=True, slots=True)
class Session:
    """Who came in, when, and the one-time number of this entry."""

    rater: str
    issued: float
    nonce: str


class Sessions:
    """Makes and reads cookies under one secret."""

    def __init__(
        self, secret: bytes, hours: float = 12, clock: Callable[[], float] = time.time
    ) -> None:
        if len(secret) < 32:
            raise ValueError("the secret of the sessions needs at least 32 bytes")
        self._secret, self._seconds, self._clock = secret, hours * 3600, clock

    def begin(self, rater: str) -> str:
        """A fresh cookie for a rater."""
        body = {"rater": rater, "issued": self._clock(), "nonce": secrets.token_urlsafe(18)}
        text = base64.urlsafe_b64encode(json.dumps(body).encode()).decode()
        return f"{text}.{self._sign('session', text)}"

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None where it is absent, forged or too old."""
        text, _, signature = (cookie or "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", text).encode()):
            return None
        try:
            body = json.loads(base64.urlsafe_b64decode(text))
            found = Session(str(body["rater"]), float(body["issued"]), str(body["nonce"]))
        except (binascii.Error, ValueError, KeyError, TypeError):
            return None
        age = self._clock() - found.issued
        return found if -60 <= age <= self._seconds else None

    def csrf(self, session: Session) -> str:
        """What a form of this session has to send back."""
        return self._sign("csrf", session.nonce)

    def good_csrf(self, session: Session, sent: str | None) -> bool:
        """Whether a form comes from a page of this session."""
        return hmac.compare_digest((sent or "").encode(), self.csrf(session).encode())

    def _sign(self, purpose: str, text: str) -> str:
        message = f"{purpose}:{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
