"""The same history in a real PostgreSQL, started for the test; skips where it is absent."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError
from whet.reviewing.store import Conflict, History, Receipt, open_history, read_history
from whet.reviewing.store.database import StoreBusyError, StoreError
from whet.reviewing.store.history import VOTE
from whet.reviewing.store.postgres import PostgresDatabase
from whet.reviewing.store.schema import STEPS, bring_forward

FOUND = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin")]
BIN = next((p for p in FOUND if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)

pytest.importorskip("sqlalchemy", reason="no SQLAlchemy: pip install 'whet[postgres]'")
pytest.importorskip("psycopg", reason="no psycopg: pip install 'whet[postgres]'")
pytestmark = pytest.mark.skipif(BIN is None, reason="no PostgreSQL: apt-get install postgresql")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of our own, on a socket of its own. PostgreSQL refuses to run as root."""
    folder, user = Path(tempfile.mkdtemp(prefix="whet-pg-")), {}
    data = folder / "data"
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, "postgres")
        except LookupError:
            pytest.skip("no user postgres to run PostgreSQL as")
        user = {"user": "postgres"}
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/", **user}
    subprocess.run(
        [str(BIN / "initdb"), "-D", data, "-U", "whet", "-A", "trust", "--no-sync"], **quiet
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=on"
    control = [str(BIN / "pg_ctl"), "-D", data, "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "start"], **quiet)
    yield f"postgresql://whet@/postgres?host={folder}"
    subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder)


@pytest.fixture
def history(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[History]:
    monkeypatch.setenv("WHET_REVIEW_DATABASE", url)
    opened = open_history(tmp_path, tmp_path.name)
    yield opened
    opened.close()


def add(history: History, key: str, version: int = 1, **changes: Any) -> Receipt:
    row: dict[str, Any] = {
        "id": f"{history._review}-{key}-{version}", "assignment": key, "version": version,
        "rater": "rater-1", "kind": VOTE, "body": {"choice": "tie", "reason": "'; DROP TABLE"},
        "seconds": None,
    }  # fmt: skip
    return history.add(**{**row, **changes})


def test_the_same_vote_sent_again_is_one_vote(history: History) -> None:
    assert add(history, "k") is Receipt.WRITTEN
    assert add(history, "k") is Receipt.REPEATED
    with pytest.raises(Conflict):
        add(history, "k", body={"choice": "skip"})
    (event,) = history.events()
    assert event.body == {"choice": "tie", "reason": "'; DROP TABLE"}


def test_eight_writers_lose_and_double_nothing(history: History) -> None:
    def write(name: int) -> None:
        for number in range(25):
            add(history, f"{name}-{number}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = history.events()
    assert len(events) == 200 == len({event.assignment for event in events})
    assert [event.seq for event in events] == sorted(event.seq for event in events)


def test_rows_are_never_changed(history: History) -> None:
    add(history, "k")
    for statement in ("UPDATE votes SET body = '{}'", "DELETE FROM votes"):
        never = pytest.raises(StoreBusyError, match="never changed")
        with never, history._database.write() as work:
            work.run(statement)


def test_others_read_while_votes_come_in(history: History, tmp_path: Path) -> None:
    reader = read_history(tmp_path, tmp_path.name)
    add(history, "k")
    assert len(reader.events()) == 1
    reader.close()


def test_raters_and_backups(history: History) -> None:
    history.add_rater_events([("rater-1", "rater", "joined", "digest")])
    add(history, "k")
    where = history.backup("drill-1")
    assert "votes_drill_1" in where and "password" not in where
    with history._database.read() as work:
        assert work.run("SELECT COUNT(*) FROM votes_drill_1")[0][0] >= 1


def test_a_migration_that_fails_leaves_everything_as_it_was(history: History, url: str) -> None:
    add(history, "k")
    database = PostgresDatabase(url)
    broken = (*STEPS, ("ALTER TABLE votes ADD COLUMN device TEXT", "CREATE NONSENSE"))
    with pytest.raises(StoreBusyError):
        bring_forward(database, "here", broken)
    with database.read() as work:
        found = work.run("SELECT 1 FROM information_schema.columns WHERE column_name = 'device'")
        assert found == []
        assert work.run("SELECT value FROM whet_meta WHERE name = 'version'")[0][0] == "1"
    database.close()


def test_no_password_is_ever_shown() -> None:
    with pytest.raises(StoreError) as told:
        PostgresDatabase("postgresql://me:secret-word@127.0.0.1:1/none")
    assert "secret-word" not in str(told.value) and "me" in str(told.value)
    with pytest.raises(ConfigError, match="SQLite or PostgreSQL"):
        PostgresDatabase("mysql://me@host/none")
