"""Texts as vectors: alike texts are near, and equal input gives equal vectors."""

from __future__ import annotations

import numpy as np

from whet.data.checks import vectors as module
from whet.data.checks.vectors import compared, left_out, nearest, placed, vectors

TEXTS = [
    "the red apple falls from the tree",
    "a red apple fell from a tree",
    "please cancel my train ticket",
    "please cancel the ticket for my train",
    "",
]


def test_the_nearest_text_is_the_one_that_says_the_same() -> None:
    near = nearest(vectors(TEXTS, None)[:4], 1)
    assert near.rows[:, 0].tolist() == [1, 0, 3, 2]


def test_vectors_have_length_one_or_none_at_all() -> None:
    lengths = np.linalg.norm(vectors(TEXTS, None), axis=1)
    assert np.allclose(lengths, [1, 1, 1, 1, 0], atol=1e-5)


def test_the_same_texts_have_the_same_vectors() -> None:
    assert np.array_equal(vectors(TEXTS, None), vectors(TEXTS, None))


def test_an_embedder_is_used_as_it_is() -> None:
    points = np.eye(5, dtype=np.float32)
    assert np.array_equal(vectors(TEXTS, lambda texts: points[: len(texts)]), points)


def test_neighbours_are_those_of_a_full_comparison() -> None:
    drawn = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    points = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    products = points @ points.T
    np.fill_diagonal(products, -np.inf)
    assert np.array_equal(nearest(points, 4).rows, np.argsort(-products, axis=1)[:, :4])


def test_of_a_large_set_the_same_rows_are_compared_in_any_order(monkeypatch, answers) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    rows = answers(*map(str, range(50)))
    ids = {row.id for row in compared(rows)}
    assert len(ids) == 10
    assert ids == {row.id for row in compared(rows[::-1])}


def test_rows_that_are_not_compared_are_told(monkeypatch, answers) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    rows = answers(*map(str, range(50)))
    (finding,) = left_out(rows, placed([rows], None)[0])
    assert "on 10 of the 50 training rows" in finding.message
    assert left_out(rows[:10], placed([rows[:10]], None)[0]) == []


def test_splits_are_placed_in_one_space(answers) -> None:
    rows = answers("a", "b")
    first, second = placed([rows, rows[:1]], None)
    assert np.array_equal(first.points[:1], second.points)
    assert placed([rows, []], None)[1].points.shape[0] == 0
