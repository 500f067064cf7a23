"""Tables and how they came to be: one list of steps, each a list of statements.

A database says which step it has reached. A newer one is refused, an older one is copied and then
brought forward in one transaction, so that a kill half-way leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from whet.reviewing.store.database import Database, StoreError

Steps = Sequence[Sequence[str]]

_META = "CREATE TABLE IF NOT EXISTS whet_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
_RATERS = """
CREATE TABLE raters (
  seq BIGINT PRIMARY KEY,
  review TEXT NOT NULL,
  rater TEXT NOT NULL,
  role TEXT NOT NULL,
  event TEXT NOT NULL,
  digest TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL
)"""
_VOTES = """
CREATE TABLE votes (
  seq BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  review TEXT NOT NULL,
  assignment TEXT NOT NULL,
  version INTEGER NOT NULL,
  rater TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  seconds DOUBLE PRECISION,
  at DOUBLE PRECISION NOT NULL,
  UNIQUE (review, assignment, version)
)"""
_BY_RATER = "CREATE INDEX votes_by_rater ON votes (review, rater, seq)"

STEPS: Steps = ((_RATERS, _VOTES, _BY_RATER),)
"""Step n makes version n of version n - 1. Steps are added, never changed."""


def bring_forward(database: Database, where: str, steps: Steps = STEPS) -> int:
    """The version of the database, after the steps that it lacked.

    Raises:
        StoreError: it is newer than this whet.
    """
    with database.write() as work:
        work.run(_META)
        found = _version(work.run("SELECT value FROM whet_meta WHERE name = 'version'"))
    if found > len(steps):
        raise StoreError(
            f"{where}: votes of format {found}, and this whet reads {len(steps)}. Upgrade whet."
        )
    if found == len(steps):
        return found
    if found:
        database.backup(f"before-{found + 1}")
    with database.write() as work:
        for step in steps[found:]:
            for statement in step:
                work.run(statement)
        for statement in () if found else database.guard:
            work.run(statement)
        work.run("DELETE FROM whet_meta WHERE name = 'version'")
        work.run(
            "INSERT INTO whet_meta (name, value) VALUES ('version', :version)",
            {"version": str(len(steps))},
        )
    return len(steps)


def check_version(database: Database, where: str, steps: Steps = STEPS) -> None:
    """Refuses what cannot be read without writing.

    Raises:
        StoreError: the votes are of another format.
    """
    with database.read() as work:
        found = _version(work.run("SELECT value FROM whet_meta WHERE name = 'version'"))
    if found != len(steps):
        raise StoreError(
            f"{where}: votes of format {found}, and this whet reads {len(steps)}."
            + (" Upgrade whet." if found > len(steps) else " Open them with `whet review` first.")
        )


def _version(rows: Sequence[Sequence[str]]) -> int:
    return int(rows[0][0]) if rows else 0
