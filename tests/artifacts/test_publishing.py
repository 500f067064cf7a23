"""A folder is published whole or not at all: errors, Ctrl-C, full disks, kills, two at once."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from whet.artifacts.publishing import new_folder, require_free
from whet.errors import ArtifactError, ConfigError


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_appears_under_its_name_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with new_folder(out) as folder:
        (folder / "a").write_text("a")
        assert not out.exists() and folder.parent == out.parent
    assert (out / "a").read_text() == "a"
    assert left(tmp_path / "deep") == ["out"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_after_any_error_nothing_is_left(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)), new_folder(tmp_path / "deep" / "er" / "out") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a").write_text("a")
        raise error
    assert left(tmp_path) == []


def test_a_parent_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match="x"), new_folder(tmp_path / "mine" / "new" / "out"):
        raise ValueError("x")
    assert left(tmp_path) == ["mine"] and left(tmp_path / "mine") == []


@pytest.mark.parametrize("what", ["folder", "empty folder", "file", "link", "broken link"])
def test_nothing_is_ever_written_over(what: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if "folder" in what:
        out.mkdir()
        if what == "folder":
            (out / "kept").write_text("kept")
    elif what == "file":
        out.write_text("kept")
    else:
        out.symlink_to(tmp_path if what == "link" else tmp_path / "nowhere")
    before = left(tmp_path)
    with pytest.raises(ConfigError, match="exists"), new_folder(out):
        raise AssertionError("not reached")
    assert left(tmp_path) == before


def test_a_folder_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ConfigError, match="exists"), new_folder(out) as folder:
        (folder / "a").write_text("a")
        out.mkdir()
        (out / "theirs").write_text("theirs")
    assert left(tmp_path) == ["out"] and left(out) == ["theirs"]


@pytest.mark.parametrize("name", ["..", "."])
def test_names_that_are_none_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        require_free(tmp_path / name)


def _hold(out: Path, ready: multiprocessing.synchronize.Event) -> None:
    with new_folder(out) as folder:
        (folder / "half").write_text("half")
        ready.set()
        time.sleep(60)


def test_two_at_once_and_what_a_kill_leaves(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    child = context.Process(target=_hold, args=(tmp_path / "out", ready))
    child.start()
    try:
        assert ready.wait(30)
        with (
            pytest.raises(ArtifactError, match="another whet export"),
            new_folder(tmp_path / "out"),
        ):
            raise AssertionError("not reached")
        assert left(tmp_path) == [".out.new"]
    finally:
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    assert not (tmp_path / "out").exists()
    with new_folder(tmp_path / "out") as folder:
        assert left(folder) == []
        (folder / "whole").write_text("whole")
    assert left(tmp_path) == ["out"] and left(tmp_path / "out") == ["whole"]


def test_a_fault_of_the_disk_is_told_with_the_place(tmp_path: Path) -> None:
    with (
        pytest.raises(ArtifactError, match=r"out: cannot be written: no space left .*Nothing was"),
        new_folder(tmp_path / "out") as folder,
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "a"))
    assert left(tmp_path) == []


SCRIPT = """
import sys
from pathlib import Path
from whet.artifacts.publishing import new_folder
from whet.errors import ArtifactError
try:
    with new_folder(Path(sys.argv[1]) / "out") as folder:
        for number in range(64):
            (folder / f"{number}").write_bytes(bytes(65_536))
except ArtifactError as error:
    print(error)
print(sorted(p.name for p in Path(sys.argv[1]).iterdir()))
"""


def test_on_a_disk_that_is_really_full_nothing_is_left(tmp_path: Path) -> None:
    """A file system of one megabyte, mounted in a namespace of its own."""
    place = tmp_path / "small"
    place.mkdir()
    mount = f'mount -t tmpfs -o size=1m none "{place}" && exec "$@"'
    command = ["unshare", "-m", "-r", "sh", "-c", mount, "sh"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here, not even in a namespace")
    done = subprocess.run(
        [*command, sys.executable, "-c", textwrap.dedent(SCRIPT), str(place)],
        check=True, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert "no space left on device" in done.stdout and done.stdout.endswith("[]\n")
