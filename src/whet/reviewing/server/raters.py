"""Who may come in: raters and the digests of their links. A link's token is never kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What a rater is there for. An adjudicator sees what raters disagree about."""

    RATER = "rater"
    ADJUDICATOR = "adjudicator"


@dataclass(frozen=True, slots=True)
class Rater:
    """One person, by a pseudonym such as `rater-1`."""

    id: str
    role: Role = Role.RATER


class Roll(Protocol):
    """Whoever knows the raters."""

    def by_token(self, digest: str) -> Rater | None:
        """The rater whose link has this digest now; None for a link that is unknown or ended."""
        ...

    def by_id(self, rater: str) -> Rater | None:
        """The rater of that pseudonym; None for one that is unknown or was removed."""
        ...


def new_token() -> str:
    """256 random bits for a link."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept of a token. Plain SHA-256 will do: 256 random bits cannot be tried through."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
