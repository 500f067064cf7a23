"""A folder that appears whole or not at all.

    out/            what is published: by one rename, never over something that is there
    .out.new/       being written; the lock of the process that writes is on it

After an error, Ctrl-C or a full disk nothing of it is left. After a kill -9 the hidden folder is,
and the next export to the same place clears it away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whet.errors import ArtifactError, ConfigError


def require_free(out: Path) -> None:
    """Refuses a place where something is.

    Raises:
        ConfigError: it exists, as whatever.
    """
    if out.is_symlink() or out.exists():
        raise ConfigError(f"--out: {out}: exists, and nothing is written over. Name another.")
    if out.name in ("", ".", ".."):
        raise ConfigError(f"--out: {out}: is no name for a new folder.")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """An empty hidden folder beside `out`, which takes that name when the block ends well.

    Raises:
        ConfigError: `out` exists.
        ArtifactError: the disk refuses, or another process is writing the same.
    """
    out = Path(os.path.abspath(out))
    require_free(out)
    try:
        made = _make_parents(out.parent)
        try:
            with _locked(out.with_name(f".{out.name}.new")) as new:
                try:
                    yield new
                    sync_tree(new)
                    require_free(out)
                    os.rename(new, out)
                except BaseException:
                    shutil.rmtree(new, ignore_errors=True)
                    raise
            _sync(out.parent)
        except BaseException:
            for folder in reversed(made):
                _remove_empty(folder)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = f" ({error.filename})" if error.filename else ""
        raise ArtifactError(
            f"{out}: cannot be written: {reason}{where}. Nothing was published."
        ) from None


@contextmanager
def _locked(new: Path) -> Iterator[Path]:
    """The hidden folder, emptied, and locked for as long as this process lives."""
    new.mkdir(exist_ok=True)
    handle = os.open(new, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArtifactError(f"{new}: another whet export is writing here.") from None
        for left in new.iterdir():  # of a process that was killed
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield new
    finally:
        os.close(handle)


def _make_parents(folder: Path) -> list[Path]:
    """Makes a folder and those above it; returns the new ones, the uppermost first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    made: list[Path] = []
    for path in reversed(missing):
        path.mkdir()
        made.append(path)
    return made


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # somebody else's file came into it meanwhile


def sync_tree(folder: Path) -> None:
    """Has the disk confirm every file and folder."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
