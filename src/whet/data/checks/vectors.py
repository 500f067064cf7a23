"""Texts as unit vectors in which likeness is a product: by meaning, or else by words.

With an embedder its vectors are taken as they are. Without one: words, pairs of words and runs of
four letters, weighted by how rare they are (TF-IDF), pressed to at most 256 numbers by a truncated
singular value decomposition (latent semantic analysis). On Banking77 the label of the ten nearest
rows is right for 91 % of rows by MiniLM, 84 % by 256 such numbers, 82 % by the sparse vectors that
they are made of.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from whet.findings import Finding, Kind, Severity
from whet.types import Example

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Indices = np.ndarray[Any, np.dtype[np.int64]]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors [texts, width]."""

WIDTH = 256
MAX_ROWS = 20_000
"""Rows that are compared with each other; of more, so many are chosen by their ids."""

NUM_PASSES = 1
MIN_LENGTH = 1e-4
"""Shorter than this a row shares nothing with the others, and its direction is rounding."""
BLOCK_ROWS = 1024
MAX_CHARS = 2000
"""Only the beginning of a longer text is compared by words; an embedder sees all of it."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest other rows of each row, best first: `rows` [n, k] and `likeness` [n, k]."""

    rows: Indices
    likeness: Vectors


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows and the vectors of their questions [n, width], in one space with those of others."""

    rows: list[Example]
    points: Vectors


def placed(splits: Sequence[Sequence[Example]], embed: Embed | None) -> list[Placed]:
    """The rows of each split with vectors of one space; at most `MAX_ROWS` of each."""
    chosen = [compared(split) for split in splits]
    points = vectors([row.question for rows in chosen for row in rows], embed)
    ends = np.cumsum([len(rows) for rows in chosen]).tolist()
    starts = [0, *ends[:-1]]
    return [
        Placed(rows, points[start:end])
        for rows, start, end in zip(chosen, starts, ends, strict=True)
    ]


def compared(examples: Sequence[Example]) -> list[Example]:
    """The rows that take part in comparisons: all, or `MAX_ROWS` chosen by their ids."""
    if len(examples) <= MAX_ROWS:
        return list(examples)
    limit = sorted(example.id for example in examples)[MAX_ROWS - 1]
    return [example for example in examples if example.id <= limit][:MAX_ROWS]


def left_out(examples: Sequence[Example], those: Placed) -> list[Finding]:
    """A note where not all rows were compared with each other."""
    if len(those.rows) == len(examples):
        return []
    message = (
        f"labels, topics and likeness were judged on {len(those.rows):,} of the {len(examples):,} "
        "training rows, chosen by their ids."
    )
    fix = "To have all rows judged, check the file in parts."
    return [Finding(Severity.NOTE, Kind.COVERAGE, message, fix=fix)]


def vectors(texts: Sequence[str], embed: Embed | None) -> Vectors:
    """Unit vectors [texts, width]; a text without a single known word is all zeros."""
    if not texts:
        return np.zeros((0, 1), dtype=np.float32)
    if embed is not None:
        return np.asarray(embed(texts), dtype=np.float32)
    return pressed(weighted(texts))


def nearest(among: Vectors, k: int, queries: Vectors | None = None) -> Nearest:
    """The `k` most like rows of `among` for each of its own rows (itself left out) or query."""
    own = queries is None
    asked = among if queries is None else queries
    k = min(k, len(among) - own)
    rows = np.zeros((len(asked), k), dtype=np.int64)
    likeness = np.zeros((len(asked), k), dtype=np.float32)
    for start in range(0, len(asked), BLOCK_ROWS):
        products = asked[start : start + BLOCK_ROWS] @ among.T
        size = len(products)
        if own:
            products[np.arange(size), np.arange(start, start + size)] = -np.inf
        best = _best(products, k)
        found = np.take_along_axis(products, best, axis=1)
        order = np.lexsort((best, -found), axis=1)
        rows[start : start + size] = np.take_along_axis(best, order, axis=1)
        likeness[start : start + size] = np.take_along_axis(found, order, axis=1)
    return Nearest(rows, likeness)


def _best(products: Vectors, k: int) -> Indices:
    """The columns of the `k` greatest products of each row, in any order."""
    if k == 1:
        return np.asarray(products.argmax(axis=1))[:, None]
    return np.argpartition(products, -k, axis=1)[:, -k:]


def _features(text: str) -> set[str]:
    words = _WORD.findall(text[:MAX_CHARS].casefold())
    features = set(words)
    features.update(f"{a} {b}" for a, b in itertools.pairwise(words))
    for word in words:
        if len(word) > 2:
            padded = f"<{word}>"
            features.update(padded[i : i + 4] for i in range(len(padded) - 3))
    return features


def weighted(texts: Sequence[str]) -> Any:
    """TF-IDF [texts, features] with rows of length 1; features of a single text are left out."""
    columns: dict[str, int] = {}
    indices: list[int] = []
    ends = [0]
    for text in texts:
        indices.extend(columns.setdefault(name, len(columns)) for name in sorted(_features(text)))
        ends.append(len(indices))
    counts = np.bincount(indices, minlength=len(columns))
    ones = np.ones(len(indices), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, indices, ends), shape=(len(texts), len(columns)))
    kept = counts > 1
    rarity = np.log(len(texts) / np.maximum(counts[kept], 1)).astype(np.float32)
    return _unit(matrix[:, kept] @ sparse.diags(rarity))


def pressed(matrix: Any) -> Vectors:
    """The rows in their `WIDTH` strongest directions: randomised SVD (Halko et al. 2011)."""
    width = min(WIDTH, *matrix.shape)
    if width == 0:
        return np.zeros((matrix.shape[0], 1), dtype=np.float32)
    drawn = np.random.default_rng(0).standard_normal((matrix.shape[1], width + 20))
    basis = matrix @ drawn.astype(np.float32)
    for _ in range(NUM_PASSES):
        basis = matrix @ (matrix.T @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    small = matrix.T @ basis
    strengths, directions = np.linalg.eigh((small.T @ small).astype(np.float64))
    kept = directions[:, ::-1][:, :width] * np.sqrt(np.maximum(strengths[::-1][:width], 0))
    pressed = basis @ kept.astype(np.float32)
    lengths = np.linalg.norm(pressed, axis=1, keepdims=True)
    result: Vectors = (pressed / np.where(lengths > MIN_LENGTH, lengths, 1)).astype(np.float32)
    return result


def _unit(matrix: Any) -> Any:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.where(lengths > 0, lengths, 1)) @ matrix).tocsr().astype(np.float32)
