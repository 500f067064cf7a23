"""LoRA, QLoRA and full fine-tuning on Banking77 with whet-nano: several seeds each, intervals.

    python scripts/methods.py DATA OUT                 every method and seed, one after the other
    python scripts/methods.py DATA OUT --only lora:1   one of them; what is done is read back

DATA holds `train.csv` and `test.csv`; OUT is a folder to make or to go on in. Learning rates are
near the best of four by validation loss after one epoch with seed 0 (`--tune`), so that no method
stands there with a wrong one: full 0.307, 0.184, 0.150, 0.149 nats per token at 3e-4, 1e-3, 2e-3,
3e-3; LoRA 0.815, 0.387, 0.321, 0.303 at 1e-3, 3e-3, 5e-3, 1e-2. Each adapter answers the same 1,000
test items.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from banking77 import prepare, read_rows

import whet
from whet.stats import paired_difference
from whet.stats.means import student_t
from whet.types import Decoding, Interval, Message

RATES = {"full": (3e-4, 1e-3, 2e-3, 3e-3), "lora": (1e-3, 3e-3, 5e-3, 1e-2)}
CHOSEN = {"full": 2e-3, "lora": 1e-2, "qlora": 1e-2}
SEEDS = (0, 1, 2)


def trained(out: Path, method: str, rate: float, seed: int, epochs: float) -> Any:
    """One run of `whet train`."""
    keys = {"method": method, "learning_rate": rate, "seed": seed, "epochs": epochs}
    return whet.train(out / "whet.yaml", *(f"train.{k}={v}" for k, v in keys.items()))  # type: ignore[operator]


def answers(out: Path, run: Any, method: str) -> list[bool]:
    """Whether each test item is answered with its label, chosen among the 77 by likelihood."""
    from whet.infer import LocalCompleter
    from whet.models.adapter import load_adapter
    from whet.models.load import load_model

    if method == "full":
        loaded = load_model(run.adapter)
    else:
        loaded = load_model("whet-nano", four_bit=method == "qlora")
        load_adapter(loaded, run.adapter)
    rows = read_rows(out / "data" / "test.csv")
    labels = tuple(sorted({label for _, label in read_rows(out / "data" / "train.csv")}))
    prompt = (out / "prompts" / "short.txt").read_text(encoding="utf-8").strip()
    asked: list[list[Message]] = [
        [{"role": "system", "content": prompt}, {"role": "user", "content": text}]
        for text, _ in rows
    ]
    completer = LocalCompleter(
        loaded.model, loaded.tokenizer, stop_ids=loaded.stop_ids, identity=method
    )
    found = completer.complete(asked, Decoding(max_new_tokens=24, choices=labels))
    return [answer.text == label for answer, (_, label) in zip(found, rows, strict=True)]


def measure(out: Path, method: str, seed: int) -> dict[str, Any]:
    """Trains and answers once; a result that lies there is read back."""
    place = out / "methods" / f"{method}-{seed}.json"
    if not place.is_file():
        begun = time.perf_counter()
        run = trained(out, method, CHOSEN[method], seed, 3)
        record = {
            "method": method,
            "seed": seed,
            "learning_rate": CHOSEN[method],
            "validation_loss": min(loss for _, loss in run.validation_losses),
            "num_trainable": run.num_trainable,
            "train_seconds": run.seconds,
            "peak_memory_bytes": run.peak_memory_bytes,
            "right": [int(x) for x in answers(out, run, method)],
            "seconds": time.perf_counter() - begun,
        }
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(record), encoding="utf-8")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def tune(out: Path) -> None:
    """Prints the validation loss after one epoch for every rate."""
    for method, rates in RATES.items():
        for rate in rates:
            run = trained(out, method, rate, 0, 1)
            print(f"{method} {rate:g}: {min(v for _, v in run.validation_losses):.4f}", flush=True)


def summary(records: list[dict[str, Any]]) -> str:
    """The tables: a row a method, then differences with two intervals."""
    by_method: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_method.setdefault(record["method"], []).append(record)
    lines = ["| method | exact match by seed | mean | weights trained | validation loss |"]
    lines.append("|---|---|---|---|---|")
    for method, found in by_method.items():
        shares = [sum(r["right"]) / len(r["right"]) for r in found]
        losses = ", ".join(f"{r['validation_loss']:.3f}" for r in found)
        each = ", ".join(f"{share:.1%}" for share in shares)
        mean = sum(shares) / len(shares)
        lines.append(
            f"| {method} | {each} | {mean:.1%} | {found[0]['num_trainable']:,} | {losses} |"
        )
    lines += [
        "",
        "| difference | points | 95 %, over items | 95 %, over seeds |",
        "|---|---|---|---|",
    ]
    names = list(by_method)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            lines.append(_difference(a, b, by_method[a], by_method[b]))
    return "\n".join(lines)


def _difference(a: str, b: str, of_a: list[dict[str, Any]], of_b: list[dict[str, Any]]) -> str:
    """Over items: each item's mean over seeds. Over seeds: seed k against seed k, Student's t."""
    items = paired_difference(_means(of_a), _means(of_b))
    shares = [
        sum(x["right"]) / len(x["right"]) - sum(y["right"]) / len(y["right"])
        for x, y in zip(of_a, of_b, strict=True)
    ]
    return f"| {a} - {b} | {items.value:+.1%} | {_ends(items)} | {_ends(student_t(shares))} |"


def _means(records: list[dict[str, Any]]) -> list[float]:
    return [sum(item) / len(records) for item in zip(*(r["right"] for r in records), strict=True)]


def _ends(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return "none"
    return f"{interval.low:+.1%} to {interval.high:+.1%}"


def main() -> None:
    """Runs what is asked and prints the tables of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", metavar="METHOD:SEED")
    parser.add_argument("--tune", action="store_true")
    asked = parser.parse_args()
    if not asked.out.exists():
        prepare(asked.data, asked.out)
    if asked.tune:
        tune(asked.out)
        return
    if asked.only:
        method, _, seed = asked.only.partition(":")
        measure(asked.out, method, int(seed))
        return
    print(summary([measure(asked.out, m, s) for m in CHOSEN for s in SEEDS]))


if __name__ == "__main__":
    main()
