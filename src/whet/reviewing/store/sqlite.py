"""Votes in one SQLite file.

SQLite from 3.7.0 to 3.51.2 can corrupt a file in write-ahead mode when two connections write and
checkpoint at once. So one process holds the file (`.lock`), has one connection, and this alone
writes and checkpoints; everybody else opens it read-only. `synchronous=FULL` has the disk confirm
each commit before it is acknowledged.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whet.reviewing.store.database import Row, StoreBusyError, StoreError

BUSY_MS = 2000
GUARD = (
    """CREATE TRIGGER votes_stay BEFORE UPDATE ON votes
    BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END""",
    """CREATE TRIGGER votes_last BEFORE DELETE ON votes
    BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END""",
    """CREATE TRIGGER raters_stay BEFORE UPDATE ON raters
    BEGIN SELECT RAISE(ABORT, 'raters are never changed'); END""",
    """CREATE TRIGGER raters_last BEFORE DELETE ON raters
    BEGIN SELECT RAISE(ABORT, 'raters are never changed'); END""",
)


class _Work:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        return list(self._connection.execute(sql, values or {}))


class SqliteDatabase:
    """The file, opened to be written by this process alone."""

    guard: Sequence[str] = GUARD

    def __init__(self, path: Path, busy_ms: int = BUSY_MS) -> None:
        """Opens or makes the file, and checks every page of it.

        Raises:
            StoreError: another server has it open, or it is damaged.
        """
        self.path = path
        self._lock = threading.Lock()
        self._hold = _hold(path)
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=busy_ms / 1000
            )
            path.chmod(0o600)
            _check(self._connection, path)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        except (sqlite3.Error, StoreError, OSError) as error:
            os.close(self._hold)
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{path}: {error}. {restore_words(path)}") from None

    @contextmanager
    def write(self) -> Iterator[_Work]:
        """One transaction; on disk when the block has ended."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield _Work(self._connection)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreBusyError(f"The votes could not be written: {error}.") from None
            finally:
                if self._connection.in_transaction:
                    self._roll_back()

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreBusyError(f"The votes could not be written: {error}.") from None

    @contextmanager
    def read(self) -> Iterator[_Work]:
        """Reads on the same connection, between two transactions."""
        with self._lock:
            try:
                yield _Work(self._connection)
            except sqlite3.Error as error:
                raise StoreBusyError(f"The votes could not be read: {error}.") from None

    def backup(self, label: str) -> str:
        """A copy as of now, also under load, checked page by page before it gets its name."""
        target = self.path.with_name(f"{self.path.stem}-{label}.sqlite")
        with self._lock:
            copy_to(self._connection, target)
        return str(target)

    def close(self) -> None:
        """Checkpoints into the one file, closes, and lets others in."""
        with self._lock:
            # Where somebody is reading, the write-ahead log stays beside the file, and is whole.
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.close()
            os.close(self._hold)


class SqliteReader:
    """The file as somebody else sees it: never written, never checkpointed."""

    guard: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        """Opens the file.

        Raises:
            StoreError: it is missing or damaged.
        """
        self.path = path
        if not path.is_file():
            raise StoreError(f"{path}: missing. There are no votes yet: whet review RUN.")
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
            )
            _check(self._connection, path)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}. {restore_words(path)}") from None

    @contextmanager
    def read(self) -> Iterator[_Work]:
        """All statements of the block see one state."""
        try:
            self._connection.execute("BEGIN")
            yield _Work(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}.") from None

    def write(self) -> Any:
        """Never."""
        raise StoreError(f"{self.path}: opened to be read.")

    def backup(self, label: str) -> str:
        """Never: the one who writes makes backups."""
        raise StoreError(f"{self.path}: opened to be read.")

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """A whole copy under another name, or none.

    Raises:
        StoreBusyError: it could not be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        copy = sqlite3.connect(partial)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            _check(copy, partial)
        finally:
            copy.close()
        partial.chmod(0o600)
        descriptor = os.open(partial, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        os.replace(partial, target)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StoreBusyError(f"{target}: no backup could be written: {error}.") from None


def restore(backup: Path, path: Path) -> None:
    """Puts a backup in the place of the votes; what stood there is kept beside it.

    Raises:
        StoreError: the backup is missing or damaged, or a server has the votes open.
    """
    hold = _hold(path)
    try:
        source = SqliteReader(backup)
        source.close()
        if path.exists():
            aside = path.with_name(f"{path.stem}-replaced.sqlite")
            number = 1
            while aside.exists():
                number += 1
                aside = path.with_name(f"{path.stem}-replaced-{number}.sqlite")
            os.replace(path, aside)
            for tail in ("-wal", "-shm"):
                left = path.with_name(path.name + tail)
                if left.exists():
                    os.replace(left, aside.with_name(aside.name + tail))
        connection = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)
        try:
            copy_to(connection, path)
        finally:
            connection.close()
    finally:
        os.close(hold)


def restore_words(path: Path) -> str:
    """What to do about a damaged file."""
    found = sorted(path.parent.glob(f"{path.stem}-*.sqlite"))
    if not found:
        return "There is no backup beside it (whet review RUN backup makes one)."
    return f"The newest backup: whet review RUN restore {max(found, key=os.path.getmtime)}."


def _hold(path: Path) -> int:
    """The lock that one process has; the system lets it go when the process ends, however."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StoreError(
            f"{path}: another `whet review` has these votes open. Use that one, or stop it."
        ) from None
    return lock


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA integrity_check").fetchall()
    if found != [("ok",)]:
        faults = "; ".join(str(row[0]) for row in found[:3])
        raise StoreError(f"{path}: damaged: {faults}. {restore_words(path)}")
