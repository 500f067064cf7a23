"""An exact null on real answers: two arms on Banking77, swapped item by item at random.

Whatever the arms are, after the swap neither is better: every `ship` is an error.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from truth.judged import verdicts
from truth.world import Rng

BOTH = np.array([[1, 0], [0, 1], [0, 0]])


def right_answers(data: Path) -> tuple[Any, Any]:
    """Which test items TF-IDF with logistic regression, and the nearest training row, get right."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    train, test = (_rows(data / f"{name}.csv") for name in ("train", "test"))
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    known = words.fit_transform([row["text"] for row in train])
    asked = words.transform([row["text"] for row in test])
    labels = [row["category"] for row in train]
    gold = np.array([row["category"] for row in test])
    regression = LogisticRegression(C=10, max_iter=300).fit(known, labels)
    nearest = KNeighborsClassifier(1, metric="cosine").fit(known, labels)
    return regression.predict(asked) == gold, nearest.predict(asked) == gold


def real_null(rng: Rng, sims: int, data: Path) -> Iterator[dict[str, Any]]:
    """Ships among `sims` subsets of 80 to 1,000 real items whose arms are swapped at random."""
    a, b = right_answers(data)
    yield {
        "kind": "real arms",
        "items": len(a),
        "regression": round(float(a.mean()), 4),
        "nearest": round(float(b.mean()), 4),
        "discordance": round(float((a != b).mean()), 4),
    }
    for margin in (0.0, 0.02):
        ships, sizes = 0, []
        for _ in range(sims):
            n = int(rng.integers(80, 1001))
            items = rng.choice(len(a), n, replace=False)
            swap = rng.random(n) < 0.5
            ours, theirs = np.where(swap, b[items], a[items]), np.where(swap, a[items], b[items])
            counts = np.array([[(ours & ~theirs).sum(), (theirs & ~ours).sum(), 0]])
            counts[0, 2] = n - counts.sum()
            found = verdicts(counts, BOTH, ("tuned", "prompt"), margin=margin)
            ships += found["ship"]
            sizes.append(n)
        yield {"kind": "real null", "margin": margin, "sims": sims, "ship": ships / sims,
               "mean_items": round(float(np.mean(sizes)), 1)}  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
