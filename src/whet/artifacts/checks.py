"""One thing that was looked at in an artifact, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from whet.types import Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """`result` is pass, fail, or not_run where there was nothing to look at."""

    name: str
    result: Outcome
    told: str


def passed(name: str, told: str) -> Check:
    """A check that found nothing wrong."""
    return Check(name, Outcome.PASS, told)


def failed(name: str, told: str) -> Check:
    """A check that found a fault."""
    return Check(name, Outcome.FAIL, told)


def not_run(name: str, told: str) -> Check:
    """A check that could not be made, and why."""
    return Check(name, Outcome.NOT_RUN, told)
