"""Steps of made token ids, for a machine that has no data: only lengths and sharing matter.

2k        sequences of 2,048 tokens, all learnt: the throughput that peers publish
packed    lengths like alpaca's (log-normal, median 170, 30 to 2,048), three fifths learnt
labels    620 shared tokens, then 26 of which 6 are learnt: Banking77 behind its labels
document  four passages of 1,500 tokens with four questions of 60 each, 20 learnt
"""

from __future__ import annotations

from typing import Any

import numpy as np

CHOICES = ("2k", "packed", "labels", "document")
FIRST_ID = 10  # below lie the ids that models keep for themselves


def steps(name: str, vocab_size: int, num_steps: int, batch: int) -> list[list[Any]]:
    """`num_steps` steps of `batch` examples of one path each, drawn with seed 0."""
    drawn = np.random.default_rng(0)

    def ids(count: int) -> list[int]:
        found: list[int] = drawn.integers(FIRST_ID, min(vocab_size, 32000), count).tolist()
        return found

    def example(prefix: list[int], own: int, learnt: int) -> Any:
        tokens = [*prefix, *ids(own)]
        return [(tokens, [i >= len(tokens) - learnt for i in range(len(tokens))])]

    def one(shared: list[int]) -> Any:
        if name == "2k":
            return example([], 2048, 2047)
        if name == "packed":
            length = int(np.clip(drawn.lognormal(np.log(170), 0.8), 30, 2048))
            return example([], length, length * 3 // 5)
        return example(shared, *((26, 6) if name == "labels" else (60, 20)))

    found = []
    prompt = ids(620)
    for _ in range(num_steps):
        documents = [ids(1500) for _ in range(4)]
        shared = [documents[i * 4 // batch] if name == "document" else prompt for i in range(batch)]
        found.append([one(prefix) for prefix in shared])
    return found
