"""A folder of ours on disk: written beside its place, checked, then put there in one step.

    clean/                 the folder as it was, until everything is written and read again
    .clean.new/            being written; the lock of the process that writes
    .clean.previous/       the old one, for the moment between two renames

A folder that is not ours, or that was changed by hand, is never replaced.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whet.data.places import listed
from whet.errors import DataError
from whet.types import Example

MANIFEST = "manifest.json"
KIND = "whet clean"
FORMAT = 1


def row_of(example: Example) -> dict[str, Any]:
    """The example as a row of a file: `messages`, what else there is of it, and `fields`."""
    row: dict[str, Any] = {"messages": list(example.messages)}
    for field in dataclasses.fields(Example):
        value = getattr(example, field.name)
        if field.name not in ("id", "source", "messages", "fields") and value not in (None, ()):
            row[field.name] = list(value) if isinstance(value, tuple) else value
    return {**row, "fields": dict(example.fields)}


def json_lines(rows: Iterable[Any]) -> Iterator[str]:
    """One JSON value a line."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def json_text(value: Any) -> str:
    """A value as JSON that a person can read."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or '').lower()}.") from None


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What a folder of ours says of itself; None where it is not one.

    Raises:
        DataError: it is of a newer format, or damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: damaged or unreadable: {error}.") from None
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        return None
    if manifest.get("format") != FORMAT:
        raise DataError(
            f"{path}: format {manifest.get('format')!r}; this whet reads {FORMAT}. Upgrade whet, "
            "or name another folder with --out."
        )
    return manifest


def claim(folder: Path, inputs: Iterable[Path]) -> dict[str, Any] | None:
    """The manifest of the folder that will be replaced, or None where nothing is there.

    Raises:
        DataError: what is there is not ours, was changed by hand, or holds a file to be read.
    """
    for path in inputs:
        if folder in path.resolve().parents:
            raise DataError(f"{folder}: holds {path.name}, which is read. Name another with --out.")
    _restore(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        raise DataError(
            f"{folder}: exists and was not written by whet clean. Move it, or name another folder "
            "with --out."
        )
    known = manifest.get("files", {})
    strange = sorted(p.name for p in folder.iterdir() if p.name not in (*known, MANIFEST))
    edited = [n for n in known if not (folder / n).is_file() or sha256_of(folder / n) != known[n]]
    if strange or edited:
        said = [f"holds {listed(strange, 4)}"] if strange else []
        said += [f"{listed(edited, 4)} changed since"] if edited else []
        raise DataError(
            f"{folder}: was written by whet clean, but {' and '.join(said)}. Move what you need, "
            "or name another folder with --out."
        )
    return manifest


def write_folder(
    folder: Path,
    files: Mapping[str, Iterable[str]],
    manifest: Mapping[str, Any],
    verify: Callable[[Path], None],
) -> None:
    """The files and their manifest, in place of the folder that was there; all of it or nothing.

    `verify` is given the new folder before it takes its place.

    Raises:
        DataError: it cannot be written, or another process is writing it; all is as it was.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _new(folder) as new:
            digests = {name: _write(new / name, lines) for name, lines in files.items()}
            about = {"kind": KIND, "format": FORMAT, **manifest, "files": digests}
            _write(new / MANIFEST, [json_text(about)])
            _sync(new)
            verify(new)
            _swap(new, folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"{folder}: cannot be written: {reason}. All is as it was.") from None


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """An empty folder beside it, held by a lock that ends with this process."""
    new = folder.with_name(f".{folder.name}.new")
    new.mkdir(exist_ok=True)
    handle = os.open(new, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"{folder}: another whet clean is writing it. Wait for it.") from None
        for left in new.iterdir():  # of a process that was killed
            left.unlink()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    finally:
        os.close(handle)


def _write(path: Path, texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as stream:
        for text in texts:
            data = text.encode("utf-8")
            digest.update(data)
            stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _swap(new: Path, folder: Path) -> None:
    previous = _previous(folder)
    if folder.exists():
        folder.rename(previous)
    try:
        new.rename(folder)
    except OSError:
        _restore(folder)
        raise
    _sync(folder.parent)
    shutil.rmtree(previous, ignore_errors=True)


def _restore(folder: Path) -> None:
    """Undoes what a kill between the two renames left."""
    previous = _previous(folder)
    if previous.exists() and not folder.exists():
        previous.rename(folder)
    elif previous.exists():
        shutil.rmtree(previous)


def _previous(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.previous")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
