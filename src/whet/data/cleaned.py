"""The folder that `whet clean` writes.

    train.jsonl, validation.jsonl, test.jsonl   rows as `messages`; empty splits have no file
    broken.jsonl      rows that were set aside: file, line, reasons and the row as it stands there
    ledger.json       every row: kept, and from where; dropped, and why; changed, and how
    sides.json        the side of every row that was ever divided here, by hash
    manifest.json     versions, sources and outputs with digests, settings, counts

No file names a time, a user or a place outside the project: equal input gives equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whet.config import DataConfig
from whet.data.broken import broken_rows
from whet.data.dataset import SPLITS, Dataset
from whet.data.ledger import Ledger
from whet.data.reading.files import DataFile, find_files
from whet.data.reading.read import read
from whet.data.splits import SIDES, Earlier
from whet.data.version import content_version, split_version
from whet.data.writers import json_lines, json_text, row_of, sha256_of, write_folder
from whet.errors import DataError
from whet.types import Example
from whet.version import __version__

SIDES_FILE = "sides.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read, with its digest and what tells that it has been changed since."""

    file: DataFile
    split: str
    sha256: str
    stamp: tuple[int, int]

    @staticmethod
    def of(file: DataFile, split: str) -> Source:
        """The source as it is now."""
        return Source(file, split, sha256_of(file.path), _stamp(file.path))

    def require_unchanged(self) -> None:
        """Refuses a file that was written to in the meantime.

        Raises:
            DataError: it was.
        """
        if _stamp(self.file.path) != self.stamp:
            raise DataError(f"{self.file.name}: was changed while it was read. Run it again.")


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or '').lower()}.") from None
    return stat.st_size, stat.st_mtime_ns


def sources_of(data: DataConfig, root: Path) -> list[Source]:
    """Every file of the data settings.

    Raises:
        DataError: a path is missing, unreadable or of no known kind.
    """
    named = {"train": data.train, "validation": data.validation, "test": data.test}
    return [
        Source.of(file, split)
        for split, paths in named.items()
        if paths
        for file in find_files(paths, root).files
    ]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is to be written. `broken` has the reasons of each broken row, by its place.

    `beside` are further files of the folder, by name.
    """

    dataset: Dataset
    ledger: Ledger
    broken: Mapping[str, list[str]]
    sources: Sequence[Source]
    data: DataConfig
    repairs: Sequence[str]
    earlier: Earlier = field(default_factory=Earlier)
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """The names of what was written: of the whole, and of each split."""

    version: str
    versions: dict[str, str]


def split_rule(data: DataConfig) -> dict[str, Any]:
    """What decides about sides, beside the rows themselves."""
    return data.split.model_dump(mode="json")


def earlier_split(
    folder: Path, manifest: Mapping[str, Any] | None, data: DataConfig
) -> tuple[Earlier, list[str]]:
    """What the folder's split decided, where it was made by the same rule; and a note if not.

    Raises:
        DataError: `sides.json` is not as it was written.
    """
    if manifest is None or SIDES_FILE not in manifest["files"]:
        return Earlier(), []
    if manifest["split"]["rule"] != split_rule(data):
        return Earlier(), ["data.split was changed: the split was drawn anew."]
    sides = read_sides(folder / SIDES_FILE)
    return Earlier(sides, manifest["split"]["boundaries"]), []


def read_sides(path: Path) -> dict[str, str]:
    """The side of each key.

    Raises:
        DataError: the file is damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {key: side for side in SIDES for key in found[side]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}. Name another folder with --out.") from None


def write_cleaned(folder: Path, cleaned: Cleaned) -> Written:
    """Writes the folder, reads it again, and puts it in place.

    Raises:
        DataError: it cannot be written, or a source was changed meanwhile.
    """
    dataset = cleaned.dataset
    versions = {name: content_version(rows) for name, rows in dataset.splits.items() if rows}
    version = split_version(dataset.splits)

    def verify(new: Path) -> None:
        for source in cleaned.sources:
            source.require_unchanged()
        again = {name: _rows(new, name) for name in SPLITS}
        assert split_version(again) == version, "what was written reads otherwise than it was"

    about = {
        "whet": __version__,
        "version": version,
        "versions": versions,
        "rows": {name: len(rows) for name, rows in dataset.splits.items()},
        "settings": {"data": cleaned.data.model_dump(mode="json"), "repair": list(cleaned.repairs)},
        "split": {
            "rule": split_rule(cleaned.data),
            "boundaries": dict(dataset.made.boundaries),
        },
        "counts": _counts(cleaned.ledger),
        "sources": [
            {"file": s.file.name, "split": s.split, "sha256": s.sha256, "bytes": s.stamp[0]}
            for s in cleaned.sources
        ],
    }
    write_folder(folder, dict(_files(cleaned)), about, verify)
    return Written(version, versions)


def _files(cleaned: Cleaned) -> Iterator[tuple[str, Iterable[str]]]:
    for name, rows in cleaned.dataset.splits.items():
        if rows:
            yield f"{name}.jsonl", json_lines(map(row_of, rows))
    if cleaned.broken:
        entries = [row for row in cleaned.ledger.dropped if row.reason == "broken"]
        files = [source.file for source in cleaned.sources]
        yield "broken.jsonl", json_lines(broken_rows(entries, cleaned.broken, files))
    origins = {n: [row.source for row in rows] for n, rows in cleaned.dataset.splits.items()}
    yield "ledger.json", [json_text({**cleaned.ledger.to_json(), "origins": origins})]
    if cleaned.dataset.made.sides:
        sides = {**cleaned.earlier.sides, **cleaned.dataset.made.sides}
        by_side = {side: sorted(k for k, v in sides.items() if v == side) for side in SIDES}
        yield SIDES_FILE, [json_text(by_side)]
    for name, text in cleaned.beside.items():
        yield name, [text]


def _counts(ledger: Ledger) -> dict[str, Any]:
    counts = {"read": ledger.num_read, "kept": dict(ledger.kept), "dropped": ledger.by_reason}
    tokens = asdict(ledger.tokens) if ledger.tokens else None
    return {**counts, "changed": ledger.by_repair, "tokens": tokens}


def _rows(folder: Path, name: str) -> list[Example]:
    file = f"{name}.jsonl"
    return read(file, root=folder).examples if (folder / file).exists() else []
