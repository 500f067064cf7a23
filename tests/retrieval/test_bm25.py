from __future__ import annotations

import math

import pytest

pytest.importorskip("bm25s")

from whet.retrieval import WordIndex
from whet.retrieval.bm25 import words_of

TEXTS = ["the card is lost", "the transfer failed", "error code E-4012", "lost lost card card card"]


def test_words_are_folded_like_the_embedders_own() -> None:
    folded = words_of("Café CRÈME, naïve_E4012 Straße")
    assert folded == [
        "cafe",
        "creme",
        "naive",
        "e4012",
        "strasse",
    ]
    assert words_of("日本 x 한국") == ["日", "本", "x", *words_of("한국")]


def test_scores_are_those_of_the_formula() -> None:
    """Lucene's BM25: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), k1 = 1.5, b = 0.75."""
    [(first, score), *_] = WordIndex(TEXTS).search("transfer", 4)
    idf = math.log(1 + (4 - 1 + 0.5) / (1 + 0.5))
    lengths = [len(words_of(text)) for text in TEXTS]
    norm = 1.5 * (1 - 0.75 + 0.75 * lengths[1] / (sum(lengths) / 4))
    assert first == 1
    assert score == pytest.approx(idf / (1 + norm), rel=1e-5)


def test_only_texts_that_share_a_word_are_found() -> None:
    index = WordIndex(TEXTS)
    assert {i for i, _ in index.search("lost card", 10)} == {0, 3}
    assert [i for i, _ in index.search("4012", 10)] == [2]
    assert index.search("nothing alike", 10) == []
    assert index.search("", 10) == []
    assert len(index.search("the card", 1)) == 1


def test_of_equals_the_earlier_comes_first() -> None:
    assert [i for i, _ in WordIndex(["a b", "b a", "a b"]).search("a", 2)] == [0, 1]


def test_texts_without_words_make_an_empty_index() -> None:
    assert WordIndex(["", "..."]).search("a", 3) == []
    assert WordIndex([]).search("a", 3) == []
