"""Where votes are kept: `votes.sqlite` in the review's folder, or the URL in the environment."""

from __future__ import annotations

import os
from pathlib import Path

from whet.reviewing.store.database import Database
from whet.reviewing.store.history import History
from whet.reviewing.store.schema import bring_forward, check_version
from whet.reviewing.store.sqlite import SqliteDatabase, SqliteReader

DATABASE_VARIABLE = "WHET_REVIEW_DATABASE"
FILE = "votes.sqlite"


def database_url() -> str | None:
    """The URL of a PostgreSQL database; it may hold a password, so it stands in no file."""
    return os.environ.get(DATABASE_VARIABLE) or None


def open_history(folder: Path, review: str) -> History:
    """The history of a review, to be written by this process.

    Raises:
        StoreError: it is newer, damaged, or open in another server.
    """
    url = database_url()
    if url is None:
        found: Database = SqliteDatabase(folder / FILE)
        where = str(folder / FILE)
    else:
        from whet.reviewing.store.postgres import PostgresDatabase

        found = PostgresDatabase(url)
        where = found.name
    try:
        bring_forward(found, where)
    except BaseException:
        found.close()
        raise
    return History(found, review)


def read_history(folder: Path, review: str) -> History:
    """The same to be read only, while a server may be writing.

    Raises:
        StoreError: there are no votes, or they are of another format or damaged.
    """
    url = database_url()
    if url is None:
        found: Database = SqliteReader(folder / FILE)
        where = str(folder / FILE)
    else:
        from whet.reviewing.store.postgres import PostgresDatabase

        found = PostgresDatabase(url)
        where = found.name
    check_version(found, where)
    return History(found, review)
