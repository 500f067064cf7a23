"""How good a retriever is, before any answer is looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def recall_at(k: int, found: Sequence[Sequence[str]], gold: Sequence[Collection[str]]) -> float:
    """Mean share of a query's gold ids that are among its first `k` found ids.

    Raises:
        ValueError: no query, or one without gold ids.
    """
    _check(found, gold)
    shares = [
        len(set(ids[:k]) & set(wanted)) / len(set(wanted))
        for ids, wanted in zip(found, gold, strict=True)
    ]
    return sum(shares) / len(shares)


def mean_reciprocal_rank(found: Sequence[Sequence[str]], gold: Sequence[Collection[str]]) -> float:
    """Mean of 1 / rank of the first gold id; 0 where none was found.

    Raises:
        ValueError: no query, or one without gold ids.
    """
    _check(found, gold)
    values = [
        next((1.0 / rank for rank, name in enumerate(ids, start=1) if name in wanted), 0.0)
        for ids, wanted in zip(found, gold, strict=True)
    ]
    return sum(values) / len(values)


def _check(found: Sequence[Sequence[str]], gold: Sequence[Collection[str]]) -> None:
    if not gold or len(found) != len(gold) or not all(gold):
        raise ValueError("Every query needs its found ids and at least one gold id.")
