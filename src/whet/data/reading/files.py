"""From what a user names (a file, a folder, a list) to the files that hold rows."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from whet.data.places import listed, printable
from whet.errors import DataError

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_READABLE = "JSONL, JSON, CSV, TSV and Parquet files are read, the first four also as .gz."


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of rows. `name` is how it is shown: relative to the project where it lies in it."""

    path: Path
    name: str
    kind: str
    gzipped: bool

    def open(self) -> BinaryIO:
        """The bytes, decompressed as they are read."""
        if self.gzipped:
            return cast(BinaryIO, gzip.open(self.path, "rb"))
        return self.path.open("rb")

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

    Raises:
        DataError: a path is missing, unreadable, not a regular file, or of no known kind.
    """
    base = root or Path()
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found = Found([], [])
    faults: list[str] = []
    for path in given:
        try:
            _add(found, base, base / path)
        except DataError as error:
            faults.extend(error.faults)
    if not given:
        faults.append("no data file is named. Name one, for example data/train.jsonl.")
    if faults:
        raise DataError(faults)
    return found


def _add(found: Found, base: Path, path: Path) -> None:
    if _is_dir(path, base):
        _add_folder(found, base, path)
        return
    file = _data_file(path, base)
    if any(file.path == other.path for other in found.files):
        raise DataError(f"{file.name}: named twice. Its rows would count double; name it once.")
    found.files.append(file)


def _add_folder(found: Found, base: Path, folder: Path) -> None:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{shown_name(folder, base)}: {_reason(error)}.") from None
    visible = [entry for entry in entries if not entry.name.startswith(".")]
    if {"manifest.json", "ledger.json"} <= {entry.name for entry in visible}:
        visible = _one_split(shown_name(folder, base), visible)
    data = [entry for entry in visible if entry.is_file() and _kind(entry)]
    if not data:
        raise DataError(f"{shown_name(folder, base)}: the folder has no data file. {_READABLE}")
    found.files.extend(_data_file(entry, base) for entry in data)
    found.ignored.extend(shown_name(entry, base) for entry in visible if entry not in data)


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
        raise DataError(f"{name}: {printable(suffix)} is not read. {_READABLE}")
    _try_open(path, name)
    return DataFile(path, name, kind, path.suffix.lower() == ".gz")


def _kind(path: Path) -> str:
    gzipped = path.suffix.lower() == ".gz"
    kind = KINDS.get((path.with_suffix("") if gzipped else path).suffix.lower(), "")
    return "" if gzipped and kind == "parquet" else kind


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
