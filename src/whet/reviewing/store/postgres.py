"""Votes in PostgreSQL, through SQLAlchemy's pool.

Each write takes one advisory lock for its transaction, so that numbers follow each other without
gaps in what can be seen; `synchronous_commit` is on, whatever the server's default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from whet.errors import ConfigError, MissingExtraError
from whet.reviewing.store.database import Row, StoreBusyError, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

GUARD = (
    """CREATE FUNCTION whet_never() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''rows are never changed''; END'""",
    """CREATE TRIGGER votes_stay BEFORE UPDATE OR DELETE ON votes
    FOR EACH ROW EXECUTE FUNCTION whet_never()""",
    """CREATE TRIGGER raters_stay BEFORE UPDATE OR DELETE ON raters
    FOR EACH ROW EXECUTE FUNCTION whet_never()""",
)
_LOCK = 0x77686574  # "whet"


class _Work:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        from sqlalchemy import text

        found = self._connection.execute(text(sql), dict(values or {}))
        return [tuple(row) for row in found] if found.returns_rows else []


class PostgresDatabase:
    """A database by its URL, `postgresql://user@host/name`; the password may be in PGPASSFILE."""

    guard: Sequence[str] = GUARD

    def __init__(self, url: str) -> None:
        """Connects.

        Raises:
            MissingExtraError: SQLAlchemy or psycopg is not installed.
            ConfigError: the URL is none.
            StoreError: nobody answers there.
        """
        for package in ("sqlalchemy", "psycopg"):
            if find_spec(package) is None:
                raise MissingExtraError(package, "postgres", "Keeping votes in PostgreSQL")
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, SQLAlchemyError

        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigError("The database URL is none: postgresql://user@host/name.") from None
        if parsed.get_backend_name() != "postgresql":
            raise ConfigError(f"{parsed.get_backend_name()}: votes go to SQLite or PostgreSQL.")
        self.name = parsed.render_as_string(hide_password=True)
        self._engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=8,
            connect_args={"connect_timeout": 5, "options": "-c lock_timeout=2000"},
        )
        try:
            with self._engine.connect():
                pass
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: {_words(error)}.") from None

    @contextmanager
    def write(self) -> Iterator[_Work]:
        """One transaction; kept when the block has ended."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                work = _Work(connection)
                work.run("SET LOCAL synchronous_commit = on")
                work.run("SELECT pg_advisory_xact_lock(:lock)", {"lock": _LOCK})
                yield work
        except SQLAlchemyError as error:
            raise StoreBusyError(f"The votes could not be written: {_words(error)}.") from None

    @contextmanager
    def read(self) -> Iterator[_Work]:
        """All statements of the block see one state."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
                yield _Work(connection)
        except SQLAlchemyError as error:
            raise StoreBusyError(f"The votes could not be read: {_words(error)}.") from None

    def backup(self, label: str) -> str:
        """A copy of both tables under other names, in the same database."""
        suffix = "".join(c if c.isalnum() else "_" for c in label)
        with self.write() as work:
            for table in ("raters", "votes"):
                _copy_table(work, table, f"{table}_{suffix}")
        return f"{self.name} (tables raters_{suffix} and votes_{suffix})"

    def close(self) -> None:
        """Ends all connections."""
        self._engine.dispose()


def _copy_table(work: _Work, table: str, copy: str) -> None:
    """Names cannot be parameters: PostgreSQL itself quotes them."""
    rows = work.run(
        "SELECT format('CREATE TABLE %I AS TABLE %I', CAST(:copy AS text), CAST(:name AS text))",
        {"copy": copy, "name": table},
    )
    work.run(str(rows[0][0]))


def _words(error: Exception) -> str:
    """The first line of what the driver says; never a URL with a password."""
    cause = getattr(error, "orig", None) or error
    return str(cause).split("\n")[0][:200].rstrip(".")
