"""How long work tells what it is doing: lines that are said, and steps that are counted."""

from __future__ import annotations

from typing import Protocol

from whet.errors import Interrupted


class Progress(Protocol):
    """What a verb reports to. The terminal shows it; tests and the Python API may ignore it."""

    def say(self, text: str) -> None:
        """One line that a person should see and that stays."""
        ...

    def advance(self, task: str, done: int, total: int) -> None:
        """`done` of `total` steps of a named task; a task ends when both are equal."""
        ...

    def should_stop(self) -> bool:
        """True once a person, or the system, asked to stop. Polled by every long loop."""
        ...


class Silent:
    """Reports nothing."""

    def say(self, text: str) -> None:
        """Does nothing."""

    def advance(self, task: str, done: int, total: int) -> None:
        """Does nothing."""

    def should_stop(self) -> bool:
        """Never stops."""
        return False


def check_stop(progress: Progress) -> None:
    """Leaves by `Interrupted` once asked to stop; called where the state on disk is whole."""
    if progress.should_stop():
        raise Interrupted("stopped as asked.")
