"""Few clean rows against many noisy ones: Banking77 with planted wrong labels, on whet-nano.

    python scripts/noise.py DATA OUT                    every cell, seed by seed, then the table
    python scripts/noise.py DATA OUT --only 500:20:0    rows, percent of wrong labels, seed
    python scripts/noise.py DATA OUT --table            the table of what is there

DATA holds `train.csv` and `test.csv` (PolyAI, CC BY 4.0); OUT is a folder to make or to go on in.
A seed shuffles the training file: its first 400 rows are a clean validation set, the next ROWS are
trained on, with the stated share of their labels replaced by another of the 77, drawn evenly. So a
smaller set is a part of the larger, and the same rows are wrong at every size. Full fine-tuning,
the best state on validation kept; every model answers the same 1,000 test items.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from pathlib import Path
from typing import Any

from banking77 import prepare, read_rows
from methods import answers

import whet
from whet.stats import paired_difference, wilson

EPOCHS = {100: 40, 500: 15, 5000: 3}
"""Passes over the rows: 160, 240 and 471 steps of 32, of which the best on validation counts."""
NOISE = (0, 20, 40)
SEEDS = (0, 1, 2)
NUM_VALIDATION = 400

CONFIG = """\
task: Route a bank customer's message to one of 77 intents.
model: whet-nano
data:
  train: {name}.csv
  validation: validation-{seed}.csv
  columns: {{input: text, output: category}}
  on_leak: drop_train
prompt: ../prompts/short.txt
train:
  {{method: full, epochs: {epochs}, batch_size: 32, learning_rate: 2e-3, seed: {seed},
   evals_per_epoch: {evals}, patience: {patience}}}
"""

Row = tuple[str, str]


def noisy(rows: list[Row], percent: int, labels: list[str], seed: int) -> list[Row]:
    """The rows with every label replaced whose own draw falls below `percent`."""
    draws = random.Random(f"noise {seed}")
    found = []
    for text, label in rows:
        below, other = draws.random() * 100 < percent, draws.choice(labels[:-1])
        wrong = labels[-1] if other == label else other
        found.append((text, wrong if below else label))
    return found


def project(out: Path, num_rows: int, percent: int, seed: int) -> Path:
    """The configuration of one cell, its data beside it."""
    place = out / "noise"
    place.mkdir(exist_ok=True)
    rows = read_rows(out / "data" / "train.csv")
    labels = sorted({label for _, label in rows})
    random.Random(f"rows {seed}").shuffle(rows)
    held, rest = rows[:NUM_VALIDATION], rows[NUM_VALIDATION:]
    name = f"{num_rows}-{percent}-{seed}"
    write(place / f"validation-{seed}.csv", held)
    write(place / f"{name}.csv", noisy(rest[:num_rows], percent, labels, seed))
    path = place / f"{name}.yaml"
    evals = 4 if num_rows == max(EPOCHS) else 1
    text = CONFIG.format(name=name, seed=seed, epochs=EPOCHS[num_rows], evals=evals, patience=6)
    path.write_text(text, encoding="utf-8")
    return path


def write(path: Path, rows: list[Row]) -> None:
    """A CSV file with the columns of Banking77."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        writer.writerows(rows)


def measure(out: Path, num_rows: int, percent: int, seed: int) -> dict[str, Any]:
    """Trains and answers once; a result that lies there is read back."""
    place = out / "noise" / f"{num_rows}-{percent}-{seed}.json"
    if not place.is_file():
        begun = time.perf_counter()
        run = whet.train(project(out, num_rows, percent, seed))  # type: ignore[operator]
        record = {
            "rows": num_rows, "percent": percent, "seed": seed,
            "validation_loss": min(loss for _, loss in run.validation_losses),
            "right": [int(x) for x in answers(out, run, "full")],
            "seconds": time.perf_counter() - begun,
        }  # fmt: skip
        place.write_text(json.dumps(record), encoding="utf-8")
        print(f"{place.stem}: {sum(record['right']) / len(record['right']):.1%}", flush=True)
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def table(out: Path) -> str:
    """Exact match by cell, each seed's share and the mean; then few clean against many noisy."""
    cells: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for path in sorted((out / "noise").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        cells.setdefault((record["rows"], record["percent"]), []).append(record)
    lines = ["| rows | wrong labels | exact match | by seed |", "|---|---|---|---|"]
    for (rows, percent), found in sorted(cells.items()):
        means = _means(found)
        each = ", ".join(f"{sum(r['right']) / len(r['right']):.1%}" for r in found)
        ends = wilson(sum(means), len(means))
        lines.append(
            f"| {rows:,} | {percent} % | {ends.value:.1%} ({ends.low:.1%} to {ends.high:.1%})"
            f" | {each} |"
        )
    lines += ["", "| difference | points | 95 %, over items |", "|---|---|---|"]
    pairs = [((100, 0), (5000, 40)), ((100, 0), (500, 40)), ((500, 0), (5000, 40)),
             ((5000, 0), (5000, 20)), ((5000, 0), (5000, 40))]  # fmt: skip
    for a, b in pairs:
        if a in cells and b in cells:
            ends = paired_difference(_means(cells[a]), _means(cells[b]))
            lines.append(
                f"| {_name(a)} - {_name(b)} | {ends.value:+.1%} |"
                f" {ends.low:+.1%} to {ends.high:+.1%} |"
            )
    return "\n".join(lines)


def _name(cell: tuple[int, int]) -> str:
    rows, percent = cell
    return f"{rows:,} rows, {percent} % wrong" if percent else f"{rows:,} clean rows"


def _means(records: list[dict[str, Any]]) -> list[float]:
    return [sum(item) / len(records) for item in zip(*(r["right"] for r in records), strict=True)]


def main() -> None:
    """Runs what is asked and prints the table of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", metavar="ROWS:PERCENT:SEED")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.out.exists():
        prepare(asked.data, asked.out)
    if asked.only:
        rows, percent, seed = (int(part) for part in asked.only.split(":"))
        measure(asked.out, rows, percent, seed)
        return
    if not asked.table:
        for seed in SEEDS:
            for rows in EPOCHS:
                for percent in NOISE:
                    measure(asked.out, rows, percent, seed)
    print(table(asked.out))


if __name__ == "__main__":
    main()
