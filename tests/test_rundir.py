from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from whet.errors import Interrupted, RunError
from whet.rundir import (
    RunDir,
    State,
    append_jsonl,
    read_json,
    read_jsonl,
    run_folders,
    write_json,
    write_text,
)


def test_runs_are_numbered_and_never_overwritten(tmp_path: Path) -> None:
    first, second = RunDir.create(tmp_path, "run"), RunDir.create(tmp_path, "train")
    assert (first.path.name, second.path.name) == ("001", "002")
    assert second.root == tmp_path.resolve()


def test_runs_are_in_the_order_of_their_numbers_past_a_thousand(tmp_path: Path) -> None:
    for name in ("1000", "999", "001", "kept"):
        write_json(tmp_path / "runs" / name / "run.json", {})
    assert [path.name for path in run_folders(tmp_path)] == ["kept", "001", "999", "1000"]


def test_a_missing_run_lists_the_runs_that_are_there(tmp_path: Path) -> None:
    RunDir.create(tmp_path, "run")
    with pytest.raises(RunError, match=r"no such run\. Runs there: 001"):
        RunDir(tmp_path / "runs" / "007")


def test_a_folder_that_is_no_run_and_a_newer_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run"):
        RunDir(tmp_path)
    run = RunDir.create(tmp_path, "run")
    run.note(format=99)
    with pytest.raises(RunError, match="Upgrade whet"):
        RunDir(run.path)


def test_the_state_says_how_the_work_ended(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run")
    with run.working():
        assert run.state is State.RUNNING
    assert run.state is State.COMPLETE
    with pytest.raises(Interrupted), run.working():
        raise Interrupted("stopped")
    assert run.state is State.INTERRUPTED
    with pytest.raises(ValueError, match="bad"), run.working():
        raise ValueError("bad")
    assert run.state is State.FAILED
    assert run.record()["error"] == "ValueError: bad"


def test_a_process_that_vanished_leaves_an_interrupted_run(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run")
    dead = os.fork()
    if dead == 0:
        held = run.working()
        held.__enter__()
        os._exit(1)
    os.waitpid(dead, 0)
    assert run.state is State.INTERRUPTED
    with run.working():
        pass


def test_a_run_that_is_being_worked_in_is_locked(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run")
    with run.working(), pytest.raises(RunError, match="is working in this run"), run.working():
        pass


def test_of_two_that_begin_at_once_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunDir.create(tmp_path, "run")
    note = RunDir.note

    def slow(self: RunDir, **values: object) -> None:
        time.sleep(0.2)
        note(self, **values)

    monkeypatch.setattr(RunDir, "note", slow)
    both, ended = threading.Barrier(2, timeout=10), threading.Event()

    def work() -> str:
        both.wait()
        try:
            with RunDir(run.path).working():
                ended.wait(10)
                return "worked"
        except RunError:
            ended.set()
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(work), pool.submit(work)]
        assert sorted(one.result() for one in found) == ["refused", "worked"]


def test_a_damaged_line_is_told_and_not_thrown(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n"\xff"\n')
    with pytest.raises(RunError, match="damaged"):
        read_jsonl(path)


def test_stages_are_remembered(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run")
    run.finish("check", 1.5)
    assert run.done("check")
    assert not RunDir(run.path).done("train")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_half_line_is_cut_off_before_the_next_is_added(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    append_jsonl(path, {"n": 1})
    with open(path, "ab") as stream:
        stream.write(b'{"n": 2')
    append_jsonl(path, {"n": 3})
    assert read_jsonl(path) == [{"n": 1}, {"n": 3}]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(RunError, match=r"a\.json: damaged"):
        read_json(tmp_path / "a.json")
    with pytest.raises(RunError, match=r"b\.json: missing"):
        read_json(tmp_path / "b.json")
