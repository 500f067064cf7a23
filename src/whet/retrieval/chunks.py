"""Documents cut into passages of a size that a retriever can tell apart.

# Returns              chunk 1  Returns > How long          up to 180 words
## How long            chunk 2  Returns > How long          the last 27 of these again
... 300 words ...      chunk 3  Returns > Exceptions        small sections share a chunk
## Exceptions
... 40 words ...
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from whet.retrieval.documents import Document
from whet.types import content_id

MAX_WORDS = 180
OVERLAP_SHARE = 0.15

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage. `id` is a hash of title and text, so it survives another cutting elsewhere."""

    id: str
    title: str
    text: str
    source: str

    @property
    def indexed_text(self) -> str:
        """What the retrievers see: the title, then the text."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class _Section:
    headings: tuple[str, ...]
    text: str

    @property
    def num_words(self) -> int:
        return len(_WORD.findall(self.text))


def cut_documents(documents: Iterable[Document], max_words: int = MAX_WORDS) -> list[Chunk]:
    """The chunks of all documents, in order. Of chunks with equal content the first is kept.

    A document of at most `max_words` words stays whole. In a longer one, sections are cut into
    windows of equal size, neighbours having 15 % in common, and small neighbouring sections are
    put together. The title is the document's, then the headings that the chunk stands under.
    """
    chunks: dict[str, Chunk] = {}
    for document in documents:
        for title, text in _pieces(document, max_words):
            identity = content_id({"title": title, "text": text})
            chunks.setdefault(identity, Chunk(identity, title, text, document.source))
    return list(chunks.values())


def _pieces(document: Document, max_words: int) -> Iterator[tuple[str, str]]:
    if len(_WORD.findall(document.text)) <= max_words:
        yield document.title, document.text.strip()
        return
    markdown = document.source.lower().endswith(".md")
    sections = _sections(document.text) if markdown else [_Section((), document.text)]
    for section in _together(sections, max_words):
        names = dict.fromkeys((document.title, *section.headings))
        title = " > ".join(name for name in names if name)
        for text in _windows(section.text, max_words):
            yield title, text


def _sections(text: str) -> list[_Section]:
    """Markdown by its headings, which are kept in the text; none within code fences."""
    found: list[_Section] = []
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading:
            found.append(_Section(tuple(name for _, name in path), "\n".join(lines)))
            level = len(heading[1])
            path = [(depth, name) for depth, name in path if depth < level]
            path.append((level, heading[2]))
            lines = []
        lines.append(line)
    found.append(_Section(tuple(name for _, name in path), "\n".join(lines)))
    return [section for section in found if section.text.strip()]


def _together(sections: Iterable[_Section], max_words: int) -> Iterator[_Section]:
    """Neighbours merged while they fit one chunk; the headings are those that they share."""
    held: _Section | None = None
    for section in sections:
        if held is not None and held.num_words + section.num_words <= max_words:
            shared = _common(held.headings, section.headings)
            held = _Section(shared, held.text + "\n" + section.text)
            continue
        if held is not None:
            yield held
        held = section
    if held is not None:
        yield held


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    return a[:same]


def _windows(text: str, max_words: int) -> Iterator[str]:
    """The text in windows of equal numbers of words; its own white space stays."""
    spans = [match.span() for match in _WORD.finditer(text)]
    overlap = round(max_words * OVERLAP_SHARE)
    num = max(1, math.ceil((len(spans) - overlap) / (max_words - overlap)))
    step = (len(spans) - overlap) / num
    for index in range(num):
        first, last = round(index * step), round((index + 1) * step) + overlap
        yield text[spans[first][0] : spans[min(last, len(spans)) - 1][1]]
