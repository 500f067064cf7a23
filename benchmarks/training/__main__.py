"""Speed and memory of training beside the peers, on the same examples in the same steps.

    python -m benchmarks.training --data ../shared/data            every workload
    python -m benchmarks.training labels alpaca --pairs 5
    python -m benchmarks.training --table ablation
    pip install trl==1.16.0     # the peer

Refuses to run on a busy machine and to print a speed for unequal work. Raw results go to
benchmarks/results/training.json, one entry a workload, with the machine and the versions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.training import session, summary
from benchmarks.training.job import Job
from benchmarks.training.machine import processor, version_of
from benchmarks.training.settings import CPU, MORE, Setting

RESULTS = session.ROOT / "benchmarks" / "results" / "training.json"
WARMUP = 1


def main() -> int:
    """Runs the chosen workloads; 1 where the machine is busy or the work unequal."""
    options = _options()
    share = session.busy_share()
    if share > session.BUSY_SHARE and not options.busy:
        print(f"others use {share:.0%} of this machine; wait, or pass --busy.", file=sys.stderr)
        return 1
    tables = MORE[options.table] if options.table else CPU
    for workload in options.workloads or tables:
        settings = tables[workload]
        try:
            rows = _measure(workload, settings, options)
        except session.NotEqualError as error:
            print(f"{workload}: not the same work, so no speed: {error}", file=sys.stderr)
            return 1
        print(f"\n{workload}\n{summary.table(rows)}", flush=True)
        if not options.no_results:
            name = f"{workload} ({options.table})" if options.table else workload
            _keep(name, rows, options, share)
    return 0


def _measure(
    workload: str, settings: Sequence[Setting], options: argparse.Namespace
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        steps = _prepared(workload, folder, options)
        jobs = [
            Job(
                shape=options.shape, device="cpu",
                dtype=setting.dtype or "float32",
                objective="dpo" if workload == "dpo" else "sft", learning_rate=2e-4,
                adapter=str(folder / "adapter"), steps=steps,
                options={**setting.options, "num_threads": options.threads},
            )
            for setting in settings
        ]  # fmt: skip
        with session.workers(settings, jobs, folder, options.threads) as running:
            found = session.interleave(running, jobs, options.say)
        return summary.compare(found, WARMUP, options.batch)


def _prepared(workload: str, folder: Path, options: argparse.Namespace) -> list[Any]:
    """The workload's steps; its starting adapter lies beside them in `folder`."""
    session.prepare("adapter", options.shape, folder, "cpu")
    numbers = [str(options.pairs + WARMUP), str(options.batch)]
    session.prepare("steps", workload, *numbers, str(options.data), folder)
    found: list[Any] = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
    return found


def _keep(name: str, rows: list[dict[str, Any]], options: argparse.Namespace, share: float) -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    kept[name] = {
        "machine": {"cpu": processor(), "threads": options.threads, "busy_share": round(share, 3)},
        "versions": {p: version_of(p) for p in ("torch", "transformers", "peft", "trl", "whet")},
        "python": platform.python_version(),
        "shape": options.shape,
        "batch": options.batch,
        "pairs": options.pairs,
        "warmup": WARMUP,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=[], metavar="WORKLOAD")
    data = os.environ.get("WHET_TEST_DATA", session.ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--shape", default="50M")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--table", choices=list(MORE), help="another comparison; see settings.py")
    parser.add_argument("--busy", action="store_true", help="measure although others work")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--verbose", action="store_true", help="every step, on stderr")
    options = parser.parse_args()
    known = MORE[options.table] if options.table else CPU
    unknown = [w for w in options.workloads if w not in known]
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}; choose from {', '.join(known)}")
    options.data = options.data.resolve()
    options.say = (lambda t: print(t, file=sys.stderr)) if options.verbose else (lambda t: None)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
