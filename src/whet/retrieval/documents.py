"""A folder of documents as text: Markdown, plain text, and JSONL with one document a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import DataError

KINDS = (".md", ".txt", ".jsonl")


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `source` is its path in the folder, with `:line` for a line of JSONL."""

    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """What was read, and the files of other kinds that were not."""

    documents: tuple[Document, ...]
    skipped: tuple[str, ...]


def read_documents(folder: Path) -> DocumentFolder:
    """Every .md, .txt and .jsonl file below `folder`, in the order of paths; or one such file.

    A line of JSONL is an object with `text` and, if it has one, `title`. Hidden files and folders
    are left alone; files of other kinds are listed in `skipped`.

    Raises:
        DataError: no such folder, nothing to read in it, or files that cannot be read; all of
            them together.
    """
    if folder.is_file() and folder.suffix.lower() in KINDS:
        return DocumentFolder(tuple(_documents(folder.parent, folder)), ())
    if not folder.is_dir():
        raise DataError(f"rag.documents: {folder} is no folder and no {', '.join(KINDS)} file.")
    found: list[Document] = []
    skipped: list[str] = []
    faults: list[str] = []
    for path in sorted(_visible_files(folder)):
        if path.suffix.lower() not in KINDS:
            skipped.append(str(path.relative_to(folder)))
            continue
        try:
            found.extend(_documents(folder, path))
        except DataError as error:
            faults.extend(error.faults)
    if not found and not faults:
        faults.append(f"rag.documents: {folder} holds no {', '.join(KINDS)} file.")
    if faults:
        raise DataError(faults)
    return DocumentFolder(tuple(found), tuple(skipped))


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            yield path


def _documents(folder: Path, path: Path) -> list[Document]:
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 at byte {error.start:,}.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}.") from None
    source = str(path.relative_to(folder))
    if path.suffix.lower() == ".jsonl":
        return _lines(path, source, text)
    if not text.strip():
        raise DataError(f"{path}: is empty.")
    return [Document(source, _title(path, text), text)]


def _title(path: Path, text: str) -> str:
    """The first heading of a Markdown file, else the file's name in words."""
    if path.suffix.lower() == ".md":
        for line in text.split("\n"):
            if line.startswith("# "):
                return line[2:].strip(" #")
    return path.stem.replace("_", " ").replace("-", " ")


def _lines(path: Path, source: str, text: str) -> list[Document]:
    found, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            faults.append(f"{path}:{number}: is no JSON: {error}")
            continue
        body = row.get("text") if isinstance(row, dict) else None
        if not isinstance(body, str) or not body.strip():
            faults.append(f"{path}:{number}: expected an object with a non-empty 'text'.")
            continue
        found.append(Document(f"{source}:{number}", str(row.get("title") or ""), body))
    if faults:
        raise DataError(faults)
    return found
