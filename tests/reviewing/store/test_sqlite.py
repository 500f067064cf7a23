"""Votes in SQLite: what is acknowledged is there, and what cannot be kept is not acknowledged."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from whet.reviewing.store import Conflict, History, Receipt, open_history, read_history
from whet.reviewing.store.database import StoreBusyError, StoreError
from whet.reviewing.store.history import UNDO, VOTE, latest
from whet.reviewing.store.schema import STEPS, bring_forward
from whet.reviewing.store.sqlite import SqliteDatabase, restore


def add(history: History, key: str = "k", version: int = 1, **changes: Any) -> Receipt:
    row: dict[str, Any] = {
        "id": f"{key}-{version}", "assignment": key, "version": version, "rater": "rater-1",
        "kind": VOTE, "body": {"choice": "tie"}, "seconds": 3.0,
    }  # fmt: skip
    return history.add(**{**row, **changes})


def test_the_same_vote_sent_again_is_one_vote(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    assert add(history) is Receipt.WRITTEN
    assert [add(history) for _ in range(3)] == [Receipt.REPEATED] * 3
    assert len(history.events()) == 1


def test_another_vote_under_the_same_version_is_a_conflict(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    with pytest.raises(Conflict):
        add(history, body={"choice": "skip"})
    with pytest.raises(Conflict):
        add(history, version=3)
    assert len(history.events()) == 1


def test_two_at_once_are_one_vote(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    found: list[Receipt] = []
    threads = [threading.Thread(target=lambda: found.append(add(history))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [Receipt.REPEATED] * 7 + [Receipt.WRITTEN]
    assert len(history.events()) == 1


def test_edits_and_undo_are_new_rows_and_any_date_can_be_asked_for(tmp_path: Path) -> None:
    times = iter([1.0, 2.0, 3.0, 4.0])
    database = SqliteDatabase(tmp_path / "votes.sqlite")
    bring_forward(database, "here")
    history = History(database, "r", lambda: next(times))
    add(history)
    add(history, version=2, body={"choice": "skip"})
    add(history, version=3, kind=UNDO, body={})
    events = history.events()
    assert [event.version for event in events] == [1, 2, 3]
    assert latest(events) == {}
    assert latest(events, until=2.5)["k"].body == {"choice": "skip"}
    assert latest(events, until=1.5)["k"].body == {"choice": "tie"}
    assert latest(events, until=0.5) == {}


def test_votes_of_another_review_do_not_count(tmp_path: Path) -> None:
    first = open_history(tmp_path, "r")
    add(first)
    first.close()
    assert open_history(tmp_path, "another").events() == []


def test_a_second_server_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    with pytest.raises(StoreError, match="another `whet review` has these votes open"):
        open_history(tmp_path, "r")
    reader = read_history(tmp_path, "r")
    assert len(reader.events()) == 1
    add(history, "another")
    assert len(reader.events()) == 2
    history.close()
    reader.close()
    after = read_history(tmp_path, "r")
    assert len(after.events()) == 2


def test_a_closed_review_is_one_file(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    history.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["votes.sqlite", "votes.sqlite.lock"]


def test_a_newer_format_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    open_history(tmp_path, "r").close()
    path = tmp_path / "votes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE whet_meta SET value = '99'")
    connection.close()
    before = _dump(path)
    with pytest.raises(StoreError, match=r"votes of format 99, and this whet reads 1\. Upgrade"):
        open_history(tmp_path, "r")
    with pytest.raises(StoreError, match="Upgrade"):
        read_history(tmp_path, "r")
    assert _dump(path) == before


def _dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    rows = list(connection.iterdump())
    connection.close()
    return rows


NEXT = (*STEPS, ("ALTER TABLE votes ADD COLUMN device TEXT", "CREATE INDEX by_at ON votes (at)"))


def test_an_older_format_is_copied_and_brought_forward(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    history.close()
    database = SqliteDatabase(tmp_path / "votes.sqlite")
    assert bring_forward(database, "here", NEXT) == 2
    assert len(History(database, "r").events()) == 1
    database.close()
    with sqlite3.connect(tmp_path / "votes-before-2.sqlite") as copy:
        assert copy.execute("SELECT value FROM whet_meta").fetchall() == [("1",)]
        assert copy.execute("SELECT COUNT(*) FROM votes").fetchall() == [(1,)]
    copy.close()


def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    open_history(tmp_path, "r").close()
    broken = (*STEPS, ("ALTER TABLE votes ADD COLUMN device TEXT", "CREATE NONSENSE"))
    database = SqliteDatabase(tmp_path / "votes.sqlite")
    with pytest.raises(StoreBusyError):
        bring_forward(database, "here", broken)
    database.close()
    assert add(open_history(tmp_path, "r")) is Receipt.WRITTEN


KILLED_INSIDE = """
import os, sys
from pathlib import Path
from whet.reviewing.store.schema import STEPS, bring_forward
from whet.reviewing.store.sqlite import SqliteDatabase
database = SqliteDatabase(Path(sys.argv[1]) / "votes.sqlite")
database._connection.create_function("die", 0, lambda: os.kill(os.getpid(), 9))
steps = ("ALTER TABLE votes ADD COLUMN device TEXT", "SELECT die()")
bring_forward(database, "here", (*STEPS, steps))
"""


def test_a_migration_that_is_killed_leaves_everything_as_it_was(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    history.close()
    child = subprocess.run([sys.executable, "-c", KILLED_INSIDE, str(tmp_path)], check=False)
    assert child.returncode == -9
    assert len(open_history(tmp_path, "r").events()) == 1


def test_a_full_disk_is_not_acknowledged_and_harms_nothing(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    add(history)
    connection = history._database._connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreBusyError, match="full"):
        for number in range(200):
            add(history, f"k{number}", body={"reason": "x" * 2000})
    kept = len(history.events())
    connection.execute("PRAGMA max_page_count = 100000")
    assert add(history, "after") is Receipt.WRITTEN
    assert len(history.events()) == kept + 1
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


FAILING_WRITES = """
import resource, sys
from pathlib import Path
from whet.reviewing.store import open_history
from whet.reviewing.store.database import StoreBusyError
sys.path.insert(0, sys.argv[2])
from test_sqlite import add
history = open_history(Path(sys.argv[1]), "r")
written = 0
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    for number in range(500):
        add(history, f"k{number}", body={"reason": "x" * 2000})
        written += 1
except StoreBusyError as error:
    print(written, error)
"""


def test_a_write_that_the_system_refuses_is_not_acknowledged(tmp_path: Path) -> None:
    """The kernel itself says no (EFBIG at a limit on the size of files)."""
    done = subprocess.run(
        [sys.executable, "-c", FAILING_WRITES, str(tmp_path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    written, _, words = done.stdout.partition(" ")
    assert int(written) > 5 and "could not be written" in words
    found = open_history(tmp_path, "r").events()
    assert int(written) <= len(found) <= int(written) + 1


def test_a_database_that_somebody_holds_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    open_history(tmp_path, "r").close()
    database = SqliteDatabase(tmp_path / "votes.sqlite", busy_ms=50)
    holder = sqlite3.connect(tmp_path / "votes.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    history = History(database, "r")
    with pytest.raises(StoreBusyError, match="locked"):
        add(history)
    holder.execute("ROLLBACK")
    holder.close()
    assert add(history) is Receipt.WRITTEN


def test_a_file_cut_short_is_refused_with_the_way_back(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    for number in range(50):
        add(history, f"k{number}", body={"reason": "x" * 2000})
    where = history.backup("backup")
    history.close()
    path = tmp_path / "votes.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match=r"whet review RUN restore .*votes-backup\.sqlite"):
        open_history(tmp_path, "r")
    restore(Path(where), path)
    assert len(open_history(tmp_path, "r").events()) == 50
    assert (tmp_path / "votes-replaced.sqlite").stat().st_size == len(whole) // 2


def test_random_damage_is_found_before_a_vote_is_taken(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    for number in range(20):
        add(history, f"k{number}", body={"reason": "x" * 2000})
    history.close()
    path = tmp_path / "votes.sqlite"
    whole = bytearray(path.read_bytes())
    whole[:16] = b"no SQLite at all"
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="not a database"):
        open_history(tmp_path, "r")


def test_a_backup_taken_under_load_is_equal_to_one_moment(tmp_path: Path) -> None:
    """The drill: writers at work, a backup, more votes, a restore, and the state of that time."""
    history = open_history(tmp_path, "r")
    stop = threading.Event()
    acknowledged: list[str] = []

    def write(name: str) -> None:
        number = 0
        while not stop.is_set() or number < 20:
            add(history, f"{name}-{number}")
            acknowledged.append(f"{name}-{number}")
            number += 1

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 20:
        pass
    before = set(acknowledged)
    where = history.backup("drill")
    stop.set()
    for thread in threads:
        thread.join()
    in_all = history.events()
    history.close()
    restore(Path(where), tmp_path / "votes.sqlite")
    restored = open_history(tmp_path, "r").events()
    kept = {event.assignment for event in restored}
    assert before <= kept <= set(acknowledged)
    assert restored == in_all[: len(restored)], "a prefix of the history, not a mixture"


def test_nobody_restores_under_a_running_server(tmp_path: Path) -> None:
    history = open_history(tmp_path, "r")
    where = history.backup("backup")
    with pytest.raises(StoreError, match="another `whet review`"):
        restore(Path(where), tmp_path / "votes.sqlite")
