"""What a history needs of a database: transactions, rows, and one kind of error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from whet.errors import RunError

Row = Sequence[Any]


class StoreError(RunError):
    """The database is damaged, newer, locked by another server, or cannot be reached."""


class StoreBusyError(StoreError):
    """Something could not be written now: the disk is full or broken, or somebody holds it."""


class Transaction(Protocol):
    """Statements that hold together or not at all."""

    def run(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement; none for one that returns none."""
        ...


class Database(Protocol):
    """Where a history is kept. `guard` are statements after which rows can only be added."""

    guard: Sequence[str]

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that is on disk when the block has ended without an error.

        Only one is under way at any time. Raises `StoreBusyError` where it could not be kept.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """Statements that change nothing."""
        ...

    def backup(self, label: str) -> str:
        """Keeps a copy beside the database before it is changed; says where."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...
