"""How many planted bad rows a person has seen after a fifth of the rows, by set and by kind.

python benchmarks/suspicion/found.py alpaca_en banking77 --seeds 5 [--meaning]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from planting import SETS, plant

from whet.data.suspicion import rank
from whet.types import Example

DATA = Path(os.environ.get("WHET_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FIRST = 0.2
Embed = Callable[[Sequence[str]], np.ndarray]


def measured(
    name: str, seed: int, num: int, share: float, embed: Embed | None
) -> tuple[Counter[str], Counter[str], float]:
    """(planted rows by kind, those among the first fifth, seconds)."""
    read, kinds = SETS[name]
    rows, planted = plant(read(DATA, seed, num), share, seed, kinds)
    examples = [
        Example.of(
            [{"role": "user", "content": row["question"]},
             {"role": "assistant", "content": row["answer"]}],
            f"rows.jsonl:{place + 1}",
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip
    start = time.perf_counter()
    ranking = rank(examples, embed=embed)
    seconds = time.perf_counter() - start
    shown = {s.row.source for s in ranking.suspects[: round(FIRST * len(rows))]}
    found = Counter(kind for place, kind in planted.items() if f"rows.jsonl:{place + 1}" in shown)
    return Counter(planted.values()), found, seconds


@cache
def minilm() -> Any:
    """The embedder, loaded once."""
    from whet.retrieval.embedder import load_minilm

    return load_minilm()


KNOWN: dict[str, np.ndarray] = {}


def by_meaning(texts: Sequence[str]) -> np.ndarray:
    """MiniLM's vectors, each text once."""
    missing = list(dict.fromkeys(text for text in texts if text not in KNOWN))
    if missing:
        KNOWN.update(zip(missing, minilm().embed(missing), strict=True))
    return np.stack([KNOWN[text] for text in texts])


def main() -> None:
    """Prints the shares by set and by kind."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=900)
    parser.add_argument("--share", type=float, default=0.07)
    parser.add_argument("--meaning", action="store_true")
    asked = parser.parse_args()
    embed = by_meaning if asked.meaning else None
    for name in asked.sets:
        there, found = Counter[str](), Counter[str]()
        rates, seconds = list[float](), 0.0
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            planted, shown, took = measured(name, seed, asked.rows, asked.share, embed)
            there, found, seconds = there + planted, found + shown, seconds + took
            rates.append(shown.total() / planted.total())
        how = "meaning" if embed else "words"
        print(
            f"{name:10} {how:8} {found.total() / there.total():6.1%} "
            f"({min(rates):.0%} to {max(rates):.0%}; {found.total()} of {there.total()}) "
            f"{seconds / asked.seeds:.1f} s"
        )
        for kind in there:
            print(
                f"    {kind:20} {found[kind]:3} of {there[kind]:3}  {found[kind] / there[kind]:.0%}"
            )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
