"""Broken rows as they stand in their files, so that a person can mend them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whet.data.ledger import Dropped
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile
from whet.data.reading.json_rows import is_json_document

MAX_RAW_BYTES = 16 * 2**20


def broken_rows(
    entries: Sequence[Dropped], reasons: Mapping[str, list[str]], files: Sequence[DataFile]
) -> Iterator[dict[str, Any]]:
    """A row for `broken.jsonl` each: file, line, reasons, and `raw` (or `raw_base64`).

    Lines of JSONL are given byte by byte, other rows as the reader understood them. Of a row of
    more than 16 MiB only the beginning is repeated, and it is said.
    """
    by_name = {file.name: file for file in files}
    lines: dict[str, dict[int, bytes]] = {}
    for entry in entries:
        name, _, line = entry.source.rpartition(":")
        if name not in lines:
            wanted = {int(e.source.rpartition(":")[2]) for e in entries
                      if e.source.rpartition(":")[0] == name}  # fmt: skip
            lines[name] = _lines(by_name[name], wanted)
        raw = lines[name].get(int(line), entry.raw.encode("utf-8", "surrogatepass"))
        about = {"file": name, "line": int(line), "reasons": reasons[entry.source]}
        yield {**about, **_raw(raw)}


def _raw(data: bytes) -> dict[str, Any]:
    cut = {"raw_cut_from_bytes": len(data)} if len(data) > MAX_RAW_BYTES else {}
    data = data[:MAX_RAW_BYTES]
    try:
        return {"raw": data.decode("utf-8"), **cut}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(data).decode("ascii"), **cut}


def _lines(file: DataFile, wanted: set[int]) -> dict[int, bytes]:
    """Lines of a JSONL file by number, without their ends; nothing of files of other kinds."""
    head = file.head()
    if file.kind not in ("jsonl", "json") or is_json_document(file, Faults(file.name)):
        return {}
    if b"\n" not in head and b"\r" in head:
        return {}  # lines that end in CR alone; the reader has their text
    found = {}
    with file.open() as stream:
        for number, line in enumerate(stream, start=1):
            if number in wanted:
                found[number] = line.removesuffix(b"\n").removesuffix(b"\r")
            if number >= max(wanted):
                break
    return found
