"""From what a user names (a file, a folder, a list) to the files that hold rows."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from whet.data.places import listed, printable
from whet.data.reading.hub import is_hub_id, named_split
from whet.data.reading.packed import PACKINGS, open_packed
from whet.data.reading.saved import DESCRIPTIONS, saved_files
from whet.errors import DataError

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".txt": "txt",
}
_UNPACKED = ("parquet", "arrow")  # formats that compress their own columns
_NOT_IN_FOLDERS = ("", "txt")  # a text file in a folder is more often a note than data
_READABLE = (
    "JSONL, JSON, CSV, TSV, TXT, Parquet and Arrow files are read, the first five also as .gz "
    "and .zst."
)
_SHEET = "Save the sheet as 'CSV UTF-8 (comma delimited)'."
_ARCHIVE = "Unpack it; single files may be packed as .gz or .zst."
_REMEDIES = dict.fromkeys((".xlsx", ".xls", ".ods"), _SHEET) | dict.fromkeys(
    (".zip", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar"), _ARCHIVE
)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of rows. `name` is how it is shown: relative to the project where it lies in it.

    `packing` is gz, zst or empty. A set of the hub has the kind `hub`, its id as the name, and
    no file that is opened here.
    """

    path: Path
    name: str
    kind: str
    packing: str = ""

    def open(self) -> BinaryIO:
        """The bytes, decompressed as they are read."""
        return open_packed(self.path, self.packing, self.name)

    def head(self, num_bytes: int = 65536) -> bytes:
        """The first bytes, decompressed; what recognition of the content looks at."""
        with self.open() as stream:
            return stream.read(num_bytes)

    @property
    def num_bytes_on_disk(self) -> int:
        """Size as stored, which bounds how far a compressed file may grow."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read, in order, and the names in folders that were passed over."""

    files: list[DataFile]
    ignored: list[str]


Paths = str | Path | Iterable[str | Path]


def find_files(paths: Paths, root: Path | None = None) -> Found:
    """Every data file that `paths` names, each once; folders are not entered recursively.

    What does not exist and looks like `org/name` is a data set of the hub.

    Raises:
        DataError: a path is missing, unreadable, not a regular file, or of no known kind.
        MissingExtraError: a set of the hub, and `datasets` is not installed.
    """
    base = root or Path()
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found = Found([], [])
    faults: list[str] = []
    for path in given:
        try:
            _add(found, base, path)
        except DataError as error:
            faults.extend(error.faults)
    if not given:
        faults.append("no data file is named. Name one, for example data/train.jsonl.")
    if faults:
        raise DataError(faults)
    return found


def _add(found: Found, base: Path, given: str | Path) -> None:
    path = base / given
    if _is_dir(path, base):
        _add_folder(found, base, path)
        return
    if not _exists(path, shown_name(path, base)) and is_hub_id(str(given), base):
        name = named_split(str(given))
        file = DataFile(Path(name), name, "hub")
    else:
        file = _data_file(path, base)
    _take(found, [file])


def _take(found: Found, files: Iterable[DataFile]) -> None:
    known = {os.path.abspath(file.path) for file in found.files}
    for file in files:
        if os.path.abspath(file.path) in known:
            raise DataError(f"{file.name}: named twice. Its rows would count double; name it once.")
        found.files.append(file)


def _add_folder(found: Found, base: Path, folder: Path) -> None:
    try:
        saved = saved_files(folder, shown_name(folder, base))
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{shown_name(folder, base)}: {_reason(error)}.") from None
    if saved is not None:
        _take(found, [_data_file(entry, base) for entry in saved])
        return
    visible = [entry for entry in entries if not entry.name.startswith(".")]
    if {"manifest.json", "ledger.json"} <= {entry.name for entry in visible}:
        visible = _one_split(shown_name(folder, base), visible)
    data = [entry for entry in visible if entry.is_file() and _is_data(entry)]
    if not data:
        raise DataError(f"{shown_name(folder, base)}: the folder has no data file. {_READABLE}")
    _take(found, [_data_file(entry, base) for entry in data])
    found.ignored.extend(shown_name(entry, base) for entry in visible if entry not in data)


def _is_data(entry: Path) -> bool:
    """Whether a file of a folder is read, though only the folder was named."""
    return _kind(entry) not in _NOT_IN_FOLDERS and entry.name not in DESCRIPTIONS


def _one_split(name: str, entries: list[Path]) -> list[Path]:
    """The rows of a folder that `whet clean` wrote, which also holds an account of them.

    Raises:
        DataError: it has several splits, which must not be read as one.
    """
    splits = [e for e in entries if e.name in ("train.jsonl", "validation.jsonl", "test.jsonl")]
    if len(splits) > 1:
        named = ", ".join(f"data.{split.stem}: {name}/{split.name}" for split in splits)
        raise DataError(f"{name}: holds several splits. Name each in whet.yaml: {named}.")
    return splits


def _data_file(path: Path, base: Path) -> DataFile:
    name, kind = shown_name(path, base), _kind(path)
    if not _exists(path, name):
        raise DataError(f"{name}: no such file. {_neighbours(path)}".rstrip())
    if not path.is_file():
        raise DataError(f"{name}: not a regular file. Name a file or a folder of files.")
    if not kind:
        suffix = path.suffix or "a file without a suffix"
        remedy = _REMEDIES.get(path.suffix.lower(), _READABLE)
        raise DataError(f"{name}: {printable(suffix)} is not read. {remedy}")
    _try_open(path, name)
    return DataFile(path, name, kind, PACKINGS.get(path.suffix.lower(), ""))


def _kind(path: Path) -> str:
    packed = path.suffix.lower() in PACKINGS
    kind = KINDS.get((path.with_suffix("") if packed else path).suffix.lower(), "")
    return "" if packed and kind in _UNPACKED else kind


def _is_dir(path: Path, base: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise DataError(f"{shown_name(path, base)}: {_reason(error)}.") from None


def _exists(path: Path, name: str) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError) as error:
        raise DataError(f"{name}: {_reason(error)}.") from None


def _try_open(path: Path, name: str) -> None:
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise DataError(f"{name}: {_reason(error)}.") from None


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {(text or type(error).__name__).lower()}"


def _neighbours(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if _kind(entry))
    except OSError:
        return "Its folder does not exist either."
    return f"Its folder has {listed(names, 6)}." if names else "Its folder has no data file."


def shown_name(path: Path, base: Path) -> str:
    """The path as messages show it: relative to `base` if below it, control characters escaped."""
    try:
        shown = path.absolute().relative_to(base.absolute())
    except ValueError:
        shown = path
    return printable(shown.as_posix(), 4096)


class CarriageReturns(io.RawIOBase):
    """Reads a file whose lines end in CR alone as if they ended in LF."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills `buffer` with the next bytes, CR replaced."""
        block = self._stream.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(block)] = block
        return len(block)
