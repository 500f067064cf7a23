"""A folder of ours is there whole, old or new, whatever goes wrong while it is written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from whet.data import writers
from whet.data.writers import MANIFEST, claim, json_lines, row_of, write_folder
from whet.errors import DataError
from whet.types import Example

FILES = {"train.jsonl": ["one\n", "two\n"], "ledger.json": ["{}\n"]}


def write(folder: Path, files: dict[str, list[str]] = FILES) -> None:
    write_folder(folder, files, {"version": "v"}, lambda new: None)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_is_written_with_the_digests_of_its_files(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "out")
    assert os.listdir(tmp_path / "deep") == ["out"]
    manifest = claim(tmp_path / "deep" / "out", [])
    assert manifest is not None
    assert manifest["files"].keys() == FILES.keys()
    assert (manifest["kind"], manifest["format"], manifest["version"]) == ("whet clean", 1, "v")


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    write(tmp_path / "out")
    before, count = contents(tmp_path / "out"), 0
    fsync = os.fsync

    def full(handle: int) -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"out: cannot be written: no space left on device. All is"):
        write(tmp_path / "out", {**FILES, "train.jsonl": ["new\n"]})
    assert contents(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


def test_an_interrupted_or_refused_writing_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "out")
    before = contents(tmp_path / "out")

    def interrupted() -> Iterable[str]:
        yield "half a "
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", {"train.jsonl": interrupted()}, {}, lambda new: None)

    def refused(new: Path) -> None:
        assert (new / MANIFEST).is_file()
        raise DataError("a source was changed")

    with pytest.raises(DataError):
        write_folder(tmp_path / "out", FILES, {}, refused)
    assert contents(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


def test_a_swap_that_fails_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out")
    before, rename = contents(tmp_path / "out"), Path.rename

    def refuse_new(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises(DataError, match="input/output error"):
        write(tmp_path / "out", {"train.jsonl": ["new\n"]})
    assert contents(tmp_path / "out") == before


def test_what_a_kill_left_is_mended_by_the_next_run(tmp_path: Path) -> None:
    write(tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.previous")  # killed between the two renames
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new" / "train.jsonl").write_text("half")
    claim(tmp_path / "out", [])
    assert contents(tmp_path / "out") == before
    write(tmp_path / "out", {"train.jsonl": ["new\n"]})
    assert contents(tmp_path / "out")["train.jsonl"] == "new\n"
    assert os.listdir(tmp_path) == ["out"]


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    def while_writing(new: Path) -> None:
        with pytest.raises(DataError, match="another whet clean is writing it"):
            write(tmp_path / "out")

    write_folder(tmp_path / "out", FILES, {}, while_writing)
    assert (tmp_path / "out" / "train.jsonl").read_text() == "one\ntwo\n"


NOT_OURS = {
    "a file": (lambda out: (out.rmdir(), out.write_text("x")), "was not written by whet clean"),
    "notes": (lambda out: (out / "notes.txt").write_text("x"), "was not written by whet clean"),
    "a foreign manifest": (
        lambda out: (out / MANIFEST).write_text('{"kind": "other"}'),
        "was not written by whet clean",
    ),
    "a broken manifest": (lambda out: (out / MANIFEST).write_text("{"), "damaged or unreadable"),
}


@pytest.mark.parametrize(("make", "message"), NOT_OURS.values(), ids=NOT_OURS.keys())
def test_what_is_not_ours_is_refused(tmp_path: Path, make: object, message: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    make(out)  # type: ignore[operator]
    with pytest.raises(DataError, match=message):
        claim(out, [])


def test_a_folder_of_ours_that_a_person_changed_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds notes.txt"):
        claim(out, [])
    (out / "notes.txt").unlink()
    (out / "train.jsonl").write_text("mended by hand\n")
    with pytest.raises(DataError, match=r"train.jsonl changed since"):
        claim(out, [])


def test_a_newer_format_and_an_input_inside_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    with pytest.raises(DataError, match=r"holds train.jsonl, which is read"):
        claim(out, [out / "train.jsonl"])
    manifest = json.loads((out / MANIFEST).read_text())
    (out / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(DataError, match=r"format 2; this whet reads 1. Upgrade whet"):
        claim(out, [])


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert claim(tmp_path / "out", []) is None
    write(tmp_path / "out")
    assert writers.read_manifest(tmp_path / "out") is not None


def test_a_row_keeps_all_that_an_example_has() -> None:
    turns = [{"role": "user", "content": "q\u2028"}, {"role": "assistant", "content": "a"}]
    tool = {"type": "function", "function": {"name": "f"}}
    full = Example.of(turns, "x:1", "g", {"messages": 1}, [tool])  # type: ignore[arg-type]
    assert list(row_of(full)) == ["messages", "group", "tools", "fields"]
    bare = Example.of(turns, "x:1")  # type: ignore[arg-type]
    assert row_of(bare) == {"messages": turns, "fields": {}}
    assert next(iter(json_lines([row_of(bare)]))).count("\n") == 1
