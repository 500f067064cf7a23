from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bm25s")

from whet.retrieval import (
    NO_EMBEDDER,
    Document,
    Index,
    build_index,
    cut_documents,
    mean_reciprocal_rank,
    recall_at,
)
from whet.retrieval.embedder import MiniLM

TEXTS = {
    "Returns": "You can send goods back within thirty days of delivery and get your money back.",
    "Delivery": "Parcels arrive in two to four working days. Express delivery costs nine euros.",
    "Error E-4012": "This code means that the payment terminal lost its connection.",
    "Error E-4013": "This code means that the receipt printer is out of paper.",
    "Opening hours": "The shop is open from nine to six on weekdays and closed on Sundays.",
}
QUERIES = {
    "How do I get a refund?": "Returns",
    "what does E-4013 mean": "Error E-4013",
    "when will my package come": "Delivery",
    "are you there on weekends": "Opening hours",
}
CHUNKS = cut_documents(Document(f"{t}.txt", t, text) for t, text in TEXTS.items())


def test_words_and_meaning_together_find_what_each_alone_misses(minilm: MiniLM) -> None:
    found = Index(CHUNKS, minilm).search_many(list(QUERIES), 3)
    titles = [[passage.title for passage in passages] for passages in found]
    gold = [{title} for title in QUERIES.values()]
    assert recall_at(3, titles, gold) == 1.0
    assert mean_reciprocal_rank(titles, gold) > 0.8
    words_only = Index(CHUNKS, None).search_many(list(QUERIES), 3)
    titles = [[passage.title for passage in passages] for passages in words_only]
    assert recall_at(3, titles, gold) < 1.0


def test_passages_carry_their_chunk_and_fall_in_score(letters: Any) -> None:
    index = Index(CHUNKS, letters)
    passages = index.search("express parcels", 4)
    assert passages[0].source == "Delivery.txt"
    assert passages[0].id == CHUNKS[1].id
    assert passages[0].text == TEXTS["Delivery"]
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True) and len(scores) == 4


def test_without_an_embedder_the_search_says_that_it_is_by_words(letters: Any) -> None:
    index = Index(CHUNKS, None)
    assert index.method == NO_EMBEDDER
    assert index.search("zzz", 3) == []
    assert "letters" in Index(CHUNKS, letters).method


def test_an_index_is_built_from_a_folder(tmp_path: Path, letters: Any) -> None:
    for title, text in TEXTS.items():
        (tmp_path / f"{title}.md").write_text(f"# {title}\n{text}")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    index = build_index(tmp_path, letters, chunk_words=100)
    assert index.skipped == ("scan.pdf",)
    assert index.search("payment terminal connection", 1)[0].title == "Error E-4012"


def test_no_queries_and_no_chunks_are_fine(letters: Any) -> None:
    assert Index(CHUNKS, letters).search_many([], 3) == []
    assert Index([], letters).search("a", 3) == []
