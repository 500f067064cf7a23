"""How often the verdict is wrong, by simulation: worlds with a known truth, judged by whet.

    python scripts/error_rates.py PART... [--sims N] [--out benchmarks/results]

Parts: coverage, graded, clustered, nulls, candidates, power, grades, gates, looks, real (needs
--run), all; `tables` prints the results as the tables of docs/error_rates.md. Each part writes
OUT/error_rates_PART.json with its rows, sims, seed and seconds. One core; how long each part takes
stands in docs/error_rates.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from truth import coverage, harm, wins
from truth.real import real_null
from truth.table import tables

Rows = Iterator[dict[str, Any]]
SEED = 20_261_122

PARTS: dict[str, tuple[Callable[..., Rows], int]] = {
    "coverage": (coverage.all_binary, 10_000),
    "graded": (coverage.all_graded, 10_000),
    "clustered": (coverage.all_clustered, 2_000),
    "nulls": (wins.nulls, 20_000),
    "candidates": (wins.candidates, 10_000),
    "power": (wins.announced, 4_000),
    "grades": (wins.graded_nulls, 2_000),
    "looks": (wins.looks, 20_000),
    "gates": (harm.gates, 2_000),
}


def main() -> None:
    """Runs the parts that are asked for, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "real", "all", "tables"])
    parser.add_argument("--sims", type=int, help="instead of each part's own number")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--run", type=Path, help="a finished run whose answers are swapped")
    asked = parser.parse_args()
    names = list(PARTS) if "all" in asked.parts else [n for n in asked.parts if n in PARTS]
    for name in names:
        part, sims = PARTS[name]
        _write(asked.out, name, part, asked.sims or sims)
    if "real" in asked.parts or ("all" in asked.parts and asked.run):
        if asked.run is None:
            parser.error("the part `real` needs --run")
        _write(asked.out, "real", lambda rng, sims: real_null(rng, sims, asked.run), 2_000)
    if "tables" in asked.parts:
        print(tables(asked.out))


def _write(out: Path, name: str, part: Callable[..., Rows], sims: int) -> None:
    """Runs a part and writes its rows, each as it comes also on the terminal."""
    started, rows = time.perf_counter(), []
    for row in part(np.random.default_rng([SEED, *name.encode()]), sims):
        print(json.dumps(row), flush=True)
        rows.append(row)
    seconds = round(time.perf_counter() - started, 1)
    value = {"format": 1, "part": name, "seed": SEED, "sims": sims, "seconds": seconds}
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**value, "rows": rows}, indent=1)
    (out / f"error_rates_{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {seconds} s", flush=True)


if __name__ == "__main__":
    main()
