"""Time, memory and recall of near duplicates on synthetic rows, beside plain datasketch.

    python benchmarks/near_duplicates.py --rows 1000000 --peer-rows 50000
    pip install datasketch==2.0.0     # the peer; without it only whet is measured

Rows: 8 to 40 words, drawn from 60,000 by Zipf's law (rank + 3), so that pairs of frequent words
recur as in prose. Each twentieth row is a planted near copy: an earlier row with one word in
twenty, at least one, replaced by another draw. Texts are equal for both.

whet: `near_duplicates`, verification included. datasketch: as its documentation has it, a MinHash
of 128 permutations of the row's set of words (`MinHash.bulk`, the fastest of three ways tried),
queried and inserted row by row into a MinHashLSH, threshold 0.6; candidates are not verified.
Both are run in turns, so that a slow hour of the machine hits both; datasketch's time is scaled
from its rows by their number.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import importlib.util
import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from whet.data.overlap import near_duplicates
from whet.data.overlap.near import MIN_WORDS, NEAR
from whet.version import __version__

NUM_WORDS = 60_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def synthetic_rows(num: int, seed: int = 0) -> tuple[list[str], list[tuple[int, int]]]:
    """Texts, and the pairs (earlier row, its near copy) planted in them."""
    drawn = np.random.default_rng(seed)
    words = np.array(
        ["".join(LETTERS[i // 26**k % 26] for k in range(4)) for i in range(NUM_WORDS)]
    )
    rank = 1 / np.arange(3, NUM_WORDS + 3)
    shares = np.cumsum(rank / rank.sum())

    def draw(count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.searchsorted(shares, drawn.random(count))

    lengths = drawn.integers(8, 41, num)
    rows = np.split(draw(int(lengths.sum())), np.cumsum(lengths)[:-1])
    planted = []
    for copy in range(num // 2, num // 2 + num // 20):
        original = int(drawn.integers(0, num // 2))
        row = rows[original].copy()
        places = drawn.choice(len(row), max(len(row) // 20, 1), replace=False)
        row[places] = draw(len(places))
        rows[copy] = row
        planted.append((original, copy))
    return [" ".join(words[row]) for row in rows], planted


def whet_run(texts: list[str], planted: list[tuple[int, int]]) -> dict[str, Any]:
    """What was found, and how many planted copies are in one cluster with their original."""
    found = near_duplicates((str(row), text) for row, text in enumerate(texts))
    first = {int(row): cluster.ids[0] for cluster in found.clusters for row in cluster.ids}
    hits = [first.get(a, a) == first.get(b, b) for a, b in planted]
    return {
        "clusters": len(found.clusters),
        "pairs_verified": found.num_compared,
        "rows_capped": found.num_capped,
        "recall_of_planted": round(float(np.mean(hits)), 4),
    }


def datasketch_run(texts: list[str], planted: list[tuple[int, int]]) -> dict[str, Any]:
    """Plain datasketch, and how many planted copies have their original as a candidate."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.6, num_perm=128)
    found: list[list[str]] = []
    sets = ([word.encode() for word in set(text.split())] for text in texts)
    for row, sketch in enumerate(MinHash.bulk(sets, num_perm=128)):
        found.append(index.query(sketch))
        index.insert(str(row), sketch)
    hits = [str(a) in found[b] for a, b in planted]
    return {"recall_of_planted": round(float(np.mean(hits)), 4)}


def timed(run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the run says, with its wall and processor seconds."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    said = run()
    return {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        **said,
    }


def machine() -> dict[str, Any]:
    """Processor, cores, interpreter and the versions that matter."""
    names = ["numpy", "scipy", "datasketch"]
    has = {name: importlib.util.find_spec(name) is not None for name in names}
    lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in lines.splitlines() if "model name" in line]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": len(models),
        "python": platform.python_version(),
        "whet": __version__,
        **{name: importlib.metadata.version(name) for name in names if has[name]},
    }


def main() -> None:
    """Measures both in turns and writes the raw result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3, help="of the smaller comparison")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    asked = parser.parse_args()

    small = synthetic_rows(asked.peer_rows, seed=1)
    has_peer = importlib.util.find_spec("datasketch") is not None
    rounds: dict[str, list[dict[str, Any]]] = {"whet": [], "datasketch": []}
    for _ in range(asked.rounds):
        rounds["whet"].append(timed(lambda: whet_run(*small)))
        if has_peer:
            rounds["datasketch"].append(timed(lambda: datasketch_run(*small)))
    texts, planted = synthetic_rows(asked.rows)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = timed(lambda: whet_run(texts, planted))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "machine": machine(),
        "measure": {"pairs": NEAR.pairs, "words": NEAR.words, "min_words": MIN_WORDS},
        "rows": asked.rows,
        "whet": {**large, "peak_memory_bytes": peak * 1024, "memory_before_bytes": base * 1024},
        "peer_rows": asked.peer_rows,
        "rounds": rounds,
    }
    if has_peer:
        cpu = min(each["cpu_s"] for each in rounds["datasketch"])
        scaled = cpu * asked.rows / asked.peer_rows
        result["datasketch_cpu_s_scaled"] = round(scaled, 1)
        result["whet_over_datasketch"] = round(large["cpu_s"] / scaled, 3)
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / "near_duplicates.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
