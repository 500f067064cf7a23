"""Passages for a question: words and meaning, fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.retrieval.bm25 import WordIndex, top
from whet.retrieval.chunks import MAX_WORDS, Chunk, cut_documents
from whet.retrieval.documents import read_documents
from whet.retrieval.embedder import NO_EMBEDDER, Embedder
from whet.retrieval.fusion import fuse_ranks

DEPTH = 50


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found. `score` orders passages of one question; it is no probability."""

    id: str
    title: str
    text: str
    score: float
    source: str


class Index:
    """Chunks that can be searched: the best 50 by BM25 and by embedding, fused by their ranks.

    Without an embedder the search is by BM25 alone, and `method` says so. `skipped` are files
    that were not read because of their kind.
    """

    def __init__(
        self, chunks: Sequence[Chunk], embedder: Embedder | None, skipped: Sequence[str] = ()
    ) -> None:
        self.skipped = tuple(skipped)
        texts = [chunk.indexed_text for chunk in chunks]
        self._chunks = list(chunks)
        self._words = WordIndex(texts)
        self._embedder = embedder
        self._vectors = embedder.embed(texts) if embedder is not None and texts else None

    @property
    def method(self) -> str:
        """How passages are found, for reports."""
        if self._embedder is None:
            return NO_EMBEDDER
        return f"BM25 and {self._embedder.identity}, reciprocal rank fusion"

    def search(self, query: str, k: int) -> list[Passage]:
        """At most `k` passages, best first."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """At most `k` passages for each query, best first."""
        depth = max(DEPTH, k)
        rankings = [[[i for i, _ in self._words.search(query, depth)]] for query in queries]
        if self._vectors is not None and queries:
            assert self._embedder is not None
            similarities = self._embedder.embed(queries) @ self._vectors.T
            for found, row in zip(rankings, similarities, strict=True):
                found.append([i for i, _ in top(row, depth, above=-2.0)])
        return [[self._passage(*hit) for hit in fuse_ranks(found)[:k]] for found in rankings]

    def _passage(self, index: int, score: float) -> Passage:
        chunk = self._chunks[index]
        return Passage(chunk.id, chunk.title, chunk.text, score, chunk.source)


def build_index(
    documents: Path, embedder: Embedder | None, *, chunk_words: int = MAX_WORDS
) -> Index:
    """An index over a folder of documents, or over one file of them.

    Raises:
        DataError: the documents cannot be read; all faults together.
    """
    folder = read_documents(documents)
    return Index(cut_documents(folder.documents, chunk_words), embedder, folder.skipped)
