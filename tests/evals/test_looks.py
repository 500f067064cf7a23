"""Looks are counted, by item, once a run, and never forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from whet.errors import RunError
from whet.evals.looks import Look, count, lacking, read, record

OLD, NEW = ["a", "b", "c"], ["d", "e"]


def test_looks_at_the_same_items_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert [record(path, OLD, run) for run in ("001", "002", "003")] == [1, 2, 3]


def test_a_resumed_run_keeps_its_look(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert [record(path, OLD, run) for run in ("001", "002", "001", "002")] == [1, 2, 1, 2]
    assert len(path.read_text().splitlines()) == 2


def test_items_seen_before_count_even_among_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    record(path, OLD, "001")
    assert record(path, [*NEW, "a"], "002") == 2
    assert record(path, ["f"], "003") == 1


def test_a_run_that_looks_at_more_items_looks_again(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert record(path, OLD, "001") == 1
    assert record(path, [*OLD, "z"], "001") == 2
    assert record(path, OLD[:2], "001") == 1


def test_items_a_person_opened_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    record(path, ["a"], "someone", kind="opened")
    assert record(path, OLD, "001") == 2


def test_counting_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert count(path, OLD) == 0 and not path.exists()
    record(path, OLD, "001")
    assert count(path, ["c", "x"]) == 1 and count(path, ["x"]) == 0


def test_a_line_cut_short_is_no_look_and_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    record(path, OLD, "001")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert record(path, OLD, "002") == 2
    assert [look.run for look in read(path)] == ["001", "002"]


def test_a_damaged_or_newer_line_is_an_error_by_place(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    record(path, OLD, "001")
    line = json.loads(path.read_text())
    for damaged, said in (
        ("oops}", "looks.jsonl:1: not a look"),
        (json.dumps(line | {"format": 2}), "Upgrade"),
        ('{"format": 1}', "without its run"),
    ):
        path.write_text(damaged + "\n")
        with pytest.raises(RunError, match=said):
            read(path)


def test_no_item_is_no_look(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="at least one"):
        record(tmp_path / "looks.jsonl", [], "001")


def test_runs_that_look_at_the_same_moment_get_different_numbers(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from whet.evals.looks import record\n"
        "sys.stdin.readline()\n"  # all start together
        "print(record(pathlib.Path(sys.argv[1]), ['a', 'b'], sys.argv[2]))"
    )
    path = str(tmp_path / "looks.jsonl")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, path, f"{i:03d}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sorted(found) == list(range(1, 7))


def test_looks_that_runs_record_count_when_the_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    items = frozenset(OLD)
    others = [Look("001 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", items),
              Look("002 2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", items)]  # fmt: skip
    assert count(path, OLD, others) == 2 and not path.exists()
    assert record(path, OLD, "003 2026-01-03T00:00:00Z", others=others) == 3
    assert lacking(read(path), others) == [] and count(path, OLD, others) == 3
    renamed = Look("kept 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", items)
    assert lacking(read(path), [renamed]) == [], "a renamed folder is no other look"
