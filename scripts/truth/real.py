"""An exact null on real answers: two arms of a finished run, swapped item by item at random.

Whatever the arms are, after the swap neither is better: every `ship` is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from truth.judged import verdicts
from truth.world import Rng

PAIRS = (("tuned", "nearest"), ("tuned", "prompt"))
BOTH = np.array([[1, 0], [0, 1], [0, 0]])


def right_answers(run: Path, arm: str) -> Any:
    """Which test items an arm of the run answered with the gold answer, by the items' order."""
    text = (run / "samples" / f"{arm}.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return np.array([row["answer"].strip() == row["gold"].strip() for row in rows])


def real_null(rng: Rng, sims: int, run: Path) -> Iterator[dict[str, Any]]:
    """Ships among `sims` subsets of 80 to 1,000 real items whose arms are swapped at random."""
    for pair in PAIRS:
        a, b = (right_answers(run, arm) for arm in pair)
        yield {
            "kind": "real arms",
            "arms": list(pair),
            "items": len(a),
            "right": [round(float(one.mean()), 4) for one in (a, b)],
            "discordance": round(float((a != b).mean()), 4),
        }
        yield from _swapped(rng, sims, list(pair), a, b)


def _swapped(rng: Rng, sims: int, pair: list[str], a: Any, b: Any) -> Iterator[dict[str, Any]]:
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
        yield {"kind": "real null", "arms": pair, "margin": margin, "sims": sims,
               "ship": ships / sims, "mean_items": round(float(np.mean(sizes)), 1)}  # fmt: skip
