"""Search by words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from whet.errors import MissingExtraError

# A run of letters and digits; Chinese, Japanese and Korean signs stand alone, having no spaces.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u9fff\uac00-\ud7af]+")


def words_of(text: str) -> list[str]:
    """Words in lower case without accents, as the embedder's tokenizer folds them too.

    Nothing is stemmed and no stop words are dropped: identifiers and short questions matter more
    here than recall on inflected prose.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(sign for sign in folded if not unicodedata.combining(sign)))


class WordIndex:
    """BM25 over texts (Lucene's variant, k1 = 1.5, b = 0.75).

    Raises:
        MissingExtraError: bm25s is not installed.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            import bm25s
        except ImportError:
            raise MissingExtraError("bm25s", "rag", "Retrieval") from None
        corpus = [words_of(text) for text in texts]
        self._vocabulary = {word for words in corpus for word in words}
        self._index: Any = None
        if self._vocabulary:
            self._index = bm25s.BM25(method="lucene")
            self._index.index(corpus, show_progress=False)

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """At most `k` texts that share a word with the query, best first, with their scores.

        Of equals the earlier text comes first.
        """
        words = [word for word in words_of(query) if word in self._vocabulary]
        if not words:
            return []
        return top(np.asarray(self._index.get_scores(words)), k, above=0.0)


def top(scores: np.ndarray[Any, Any], k: int, above: float) -> list[tuple[int, float]]:
    """The `k` greatest scores over `above` with their indices; of equals the earlier first."""
    found = np.nonzero(scores > above)[0]
    if len(found) > k:
        least = np.partition(scores[found], len(found) - k)[len(found) - k]
        found = found[scores[found] >= least]
    order = np.argsort(-scores[found], kind="stable")[:k]
    return [(int(index), float(scores[index])) for index in found[order]]
