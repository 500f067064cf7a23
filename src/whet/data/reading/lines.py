"""Bytes to numbered lines of text, strictly UTF-8, at memory bounded by the longest line.

Lines end in LF or CRLF, or in CR alone when a file has nothing else. `str.splitlines` is not
used: it also breaks at U+2028, U+0085 and others, which are legal inside a JSON string.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, NoReturn, cast

from whet.data.reading.faults import Faults
from whet.data.reading.files import CarriageReturns, DataFile
from whet.data.reading.packed import damage_errors
from whet.findings import Kind

MAX_LINE_BYTES = 16 * 2**20
"""Longest line, field or JSON element that is read: 16 MiB, far above any useful example."""

MAX_DOCUMENT_BYTES = 2**30
"""Largest single JSON document (decompressed): 1 GiB. JSONL, CSV and Parquet have no such cap."""

MAX_GROWTH = 200
"""How many times its size a packed file may grow beyond 64 MiB. Text shrinks 3 to 20 times."""

_PIECE_BYTES = 2**18
_EXCEL = "Excel writes it as 'Unicode Text'; save it as 'CSV UTF-8 (comma delimited)'."
_BOM = b"\xef\xbb\xbf"


class BrokenFile(Exception):
    """The rest of a file cannot be read; the finding is already with its `Faults`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. `text` is None where the line was refused, with a finding."""

    number: int
    text: str | None


def read_lines(file: DataFile, faults: Faults, max_line_bytes: int) -> Iterator[Line]:
    """The lines of a file, numbered from 1. A line that is no text is reported and refused.

    Raises:
        BrokenFile: the file as a whole is unreadable: UTF-16, a damaged or exploding .gz or .zst.
    """
    with _guarded(file, faults), file.open() as raw:
        stream = _prepared(file, raw, faults)
        start, limit, number = 0, _growth_limit(file), 0
        for block in _blocks(stream, max_line_bytes):
            _check_growth(start + block.num_bytes, limit, faults)
            if block.is_line:
                number += 1
                line, offset = block.line, start
                if number == 1 and line is not None:
                    line, offset = _without_mark(line, faults)
                yield Line(number, _text(line, number, offset, max_line_bytes, faults))
            start += block.num_bytes


def _without_mark(line: bytes, faults: Faults) -> tuple[bytes, int]:
    """The file's first bytes without a byte order mark, and how long the mark is."""
    if not line.startswith(_BOM):
        return line, 0
    faults.note(Kind.BOM, "starts with a UTF-8 byte order mark, which was ignored.")
    return line[len(_BOM) :], len(_BOM)


def read_document(file: DataFile, faults: Faults) -> str:
    """The whole file as text, for formats that are one document.

    Raises:
        BrokenFile: too large, not UTF-8, damaged.
    """
    blocks, size = [], 0
    with _guarded(file, faults), file.open() as raw:
        stream, limit = _prepared(file, raw, faults), _growth_limit(file)
        while block := stream.read(2**20):
            blocks.append(block)
            size += len(block)
            _check_growth(size, limit, faults)
            if size > MAX_DOCUMENT_BYTES:
                faults.error(Kind.TOO_LARGE, f"is more than {MAX_DOCUMENT_BYTES} bytes of JSON.",
                             "Save it as JSONL, one row a line.")  # fmt: skip
                raise BrokenFile
    return _document_text(b"".join(blocks), faults)


def _document_text(data: bytes, faults: Faults) -> str:
    data, offset = _without_mark(data, faults)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse_encoding(data, error, line, offset, faults)
        raise BrokenFile from None


@contextmanager
def _guarded(file: DataFile, faults: Faults) -> Iterator[None]:
    """Turns a damaged or vanished file into a finding."""
    try:
        yield
    except OSError as error:
        if file.packing and not error.errno:
            _refuse_damage(file, str(error), faults)
        reason = error.strerror or type(error).__name__
        faults.error(Kind.UNREADABLE, f"cannot be read: {reason.lower()}.")
        raise BrokenFile from None
    except damage_errors() as error:
        _refuse_damage(file, str(error), faults)


def _refuse_damage(file: DataFile, reason: str, faults: Faults) -> NoReturn:
    message = f"the .{file.packing} is damaged ({reason.rstrip('.').lower()}); no row was used."
    faults.error(Kind.DAMAGED, message, "Fetch or compress the file again.")
    raise BrokenFile from None


def _prepared(file: DataFile, raw: BinaryIO, faults: Faults) -> BinaryIO:
    """The stream to read from, after a look at the first bytes."""
    head = file.head()
    encoding = _utf16(head)
    if encoding:
        is_table = file.kind in ("csv", "tsv", "txt") and encoding.startswith("UTF-16")
        remedy = _EXCEL if is_table else "Save it as UTF-8."
        faults.error(Kind.ENCODING, f"byte 0: this is {encoding}, not UTF-8.", remedy)
        raise BrokenFile
    if b"\n" not in head and re.search(rb"\r[^\r\n]", head):
        return cast(BinaryIO, io.BufferedReader(CarriageReturns(raw)))
    return raw


def _utf16(head: bytes) -> str:
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    sample = head[:512]
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    likely = len(sample) >= 8 and max(zeros) > 0.4 * len(sample) / 2 and min(zeros) == 0
    return "UTF-16 without a byte order mark" if likely else ""


class _Block(NamedTuple):
    """A line with its end, None where it is too long; or more bytes of a line that is."""

    line: bytes | None
    num_bytes: int
    is_line: bool = True


def _blocks(stream: BinaryIO, max_line_bytes: int) -> Iterator[_Block]:
    """The lines; one that is too long is never held whole."""
    while piece := stream.readline(_PIECE_BYTES):
        pieces, size = [piece], len(piece)
        while size <= max_line_bytes and piece and not piece.endswith(b"\n"):
            piece = stream.readline(_PIECE_BYTES)
            pieces.append(piece)
            size += len(piece)
        if size <= max_line_bytes:
            yield _Block(b"".join(pieces) if len(pieces) > 1 else piece, size)
            continue
        pieces.clear()
        yield _Block(None, size)
        while piece and not piece.endswith(b"\n"):
            piece = stream.readline(_PIECE_BYTES)
            yield _Block(None, len(piece), False)


def _growth_limit(file: DataFile) -> float:
    """How many bytes may come out of the file; without a limit when it is not compressed."""
    return max(2**26, MAX_GROWTH * file.num_bytes_on_disk) if file.packing else math.inf


def _check_growth(num_bytes: int, limit: float, faults: Faults) -> None:
    if num_bytes > limit:
        message = f"the file grows more than {MAX_GROWTH} times when unpacked; no row was used."
        faults.error(Kind.TOO_LARGE, message, "Unpack it yourself if you trust it.")
        raise BrokenFile


def _text(
    line: bytes | None, number: int, offset: int, max_line_bytes: int, faults: Faults
) -> str | None:
    if line is None:
        message = f"the line is longer than {max_line_bytes} bytes."
        faults.error(Kind.TOO_LARGE, message, "Split it or remove it.", line=number)
        return None
    nul = line.find(b"\x00")
    if nul >= 0:
        message = f"NUL byte at byte {offset + nul} of the file."
        faults.error(Kind.ENCODING, message, "Remove it.", line=number)
        return None
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_encoding(line, error, number, offset, faults)
        return None


def _refuse_encoding(
    data: bytes, error: UnicodeDecodeError, line: int, offset: int, faults: Faults
) -> None:
    value = data[error.start]
    message = f"byte {offset + error.start} (0x{value:02x}) is not UTF-8{_guess(data, error)}."
    faults.error(Kind.ENCODING, message, "Save the file as UTF-8.", line=line)


def _guess(data: bytes, error: UnicodeDecodeError) -> str:
    if error.reason == "unexpected end of data":
        return "; the file seems to be cut inside a character"
    if data[error.start] == 0xED:
        return "; it is half of a surrogate pair"
    around = data[max(0, error.start - 200) : error.start + 200]
    high = sum(byte > 0x7F for byte in around)
    if high > 0.4 * len(around):
        return "; the file looks like an older encoding of a non-Latin script"
    windows = any(0x80 <= byte < 0xA0 for byte in around)
    return f"; the file looks like {'Windows-1252' if windows else 'Latin-1'}"
