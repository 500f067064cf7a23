"""The training examples most like a question: for few-shot prompts and for the `nearest` control.

Similarity is by embedding where there is an embedder, else by BM25. On Banking77 (1,000 of its
training rows held out, answered with the intent of the most similar of the other 9,003) the
embedding was right on 91.2 %, both fused on 90.5 %, BM25 on 77.8 %: fusing gained nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.retrieval.bm25 import WordIndex, top
from whet.retrieval.embedder import NO_EMBEDDER, Embedder
from whet.types import Example

BATCH_QUERIES = 1024


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training example and its similarity: a cosine, or a BM25 score without an embedder."""

    example: Example
    score: float


class Neighbours:
    """Training examples that can be searched by likeness of their questions."""

    def __init__(self, examples: Sequence[Example], embedder: Embedder | None) -> None:
        self._examples = list(examples)
        self._ids = np.array([example.id for example in examples])
        self._embedder = embedder
        questions = [example.question for example in examples]
        self._words = WordIndex(questions) if embedder is None else None
        self._vectors = embedder.embed(questions) if embedder is not None else None

    @property
    def method(self) -> str:
        """How likeness is measured, for reports."""
        return NO_EMBEDDER if self._embedder is None else f"cosine of {self._embedder.identity}"

    def nearest(self, queries: Sequence[Example], k: int) -> list[list[Neighbour]]:
        """At most `k` neighbours of each query, most like first; of equals the earlier row.

        Rows with the query's own id are left out, so a training row is never its own neighbour.
        """
        found: list[list[Neighbour]] = []
        for start in range(0, len(queries), BATCH_QUERIES):
            found.extend(self._batch(queries[start : start + BATCH_QUERIES], k))
        return found

    def _batch(self, queries: Sequence[Example], k: int) -> list[list[Neighbour]]:
        if self._words is not None:
            return [self._by_words(query, k) for query in queries]
        assert self._embedder is not None and self._vectors is not None
        scores = self._embedder.embed([query.question for query in queries]) @ self._vectors.T
        for row, query in zip(scores, queries, strict=True):
            row[self._ids == query.id] = -np.inf
        return [self._neighbours(top(row, k, above=-2.0)) for row in scores]

    def _by_words(self, query: Example, k: int) -> list[Neighbour]:
        assert self._words is not None
        own = int((self._ids == query.id).sum())
        hits = self._words.search(query.question, k + own)
        return self._neighbours([hit for hit in hits if self._ids[hit[0]] != query.id][:k])

    def _neighbours(self, hits: Sequence[tuple[int, float]]) -> list[Neighbour]:
        return [Neighbour(self._examples[index], score) for index, score in hits]
