"""Speed and memory of short answers behind a long shared prompt, beside transformers' `generate`.

    python -m benchmarks.evaluation --data ../shared/data       both models, 1,000 answers each
    python -m benchmarks.evaluation nano --answers 200

Each engine is a process; they answer slices of the same prompts in turns. Refuses to run on a busy
machine, and prints no speed before `proof` holds. Raw results go to
benchmarks/results/evaluation.json, one entry a model, with the machine and the versions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.evaluation import subject, summary
from benchmarks.evaluation.job import Job
from benchmarks.evaluation.proof import NUM_FORCED, Plain, forced, parting_gaps
from benchmarks.evaluation.settings import BATCHES, WHET, generate
from benchmarks.training import session
from benchmarks.training.machine import processor, version_of
from benchmarks.training.settings import Setting

RESULTS = session.ROOT / "benchmarks" / "results" / "evaluation.json"
NUM_WARMUP = 16
NUM_TRIED = 64


def main() -> int:
    """Measures the chosen models; 1 where the machine is busy or the answers are unequal."""
    options = _options()
    share = session.busy_share()
    if share > session.BUSY_SHARE and not options.busy:
        print(f"others use {share:.0%} of this machine; wait, or pass --busy.", file=sys.stderr)
        return 1
    for name in options.models:
        try:
            entry = _measure(name, options)
        except session.NotEqualError as error:
            print(f"{name}: not the same answers, so no speed: {error}", file=sys.stderr)
            return 1
        print(f"\n{name}\n{summary.table(entry)}", flush=True)
        if not options.no_results:
            _keep(name, entry, options, share)
    return 0


def _measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    prompts = subject.prompts(options.data, NUM_WARMUP + options.answers)
    asked = prompts[NUM_WARMUP:]
    size = -(-options.answers // options.pairs)
    slices = [asked[i : i + size] for i in range(0, len(asked), size)]
    tried = _tried(name, prompts[:NUM_TRIED], options)
    best = min(tried, key=lambda batch: tried[batch])
    settings = [WHET, generate(16), *([generate(best)] if best != 16 else [])]
    settings.append(generate(best, copied_prefix=True))
    steps = _run(name, settings, [prompts[:NUM_WARMUP], *slices], options)
    timed = {setting.name: found[1:] for setting, found in zip(settings, steps, strict=True)}
    proof = _prove(name, asked, timed, options)
    return {"rows": summary.compare(timed, proof), "batches_s": tried, **proof["about"]}


def _tried(name: str, prompts: list[Any], options: argparse.Namespace) -> dict[int, float]:
    """Seconds of a slice by `generate`'s batch size, after a few others; 0 where there is one."""
    if len(options.batches) == 1:
        return {options.batches[0]: 0.0}
    found = {}
    for batch in options.batches:
        [steps] = _run(name, [generate(batch)], [prompts[:8], prompts], options)
        found[batch] = steps[-1]["seconds"]
    return found


def _run(
    name: str, settings: Sequence[Setting], slices: list[list[Any]], options: argparse.Namespace
) -> list[list[dict[str, Any]]]:
    """[setting][slice] what each engine said, slice by slice in turns."""
    jobs = [
        Job(
            name, "float32", str(options.data), options.max_new_tokens, options.threads, slices,
            setting.options,
        )
        for setting in settings
    ]  # fmt: skip
    found: list[list[dict[str, Any]]] = [[] for _ in settings]
    with (
        tempfile.TemporaryDirectory() as place,
        session.workers(settings, jobs, Path(place), options.threads) as running,
    ):
        for number in range(len(slices)):
            for steps, worker in zip(found, running, strict=True):
                steps.append(worker.step())
                took = steps[-1]["seconds"]
                options.say(f"{name}, slice {number}, {worker.setting.name}: {took:.2f} s")
    return found


def _prove(
    name: str, asked: list[Any], timed: dict[str, list[dict[str, Any]]], options: argparse.Namespace
) -> dict[str, Any]:
    """The proofs of `proof.py` for all answers of all engines."""
    from whet.infer.prompts import encode_prompts

    model, tokenizer, _ = subject.model_of(name, "float32", options.data)
    prompts = encode_prompts(asked, tokenizer)
    tokens = {n: [row for step in steps for row in step["tokens"]] for n, steps in timed.items()}
    ours = tokens[WHET.name]
    spread = sorted((i for i, row in enumerate(ours) if row), key=lambda i: len(prompts[i]))
    spread = spread[:: max(1, len(spread) // NUM_FORCED)]
    plain = Plain(model)
    apart = forced(model, plain, [prompts[i] for i in spread], [ours[i] for i in spread])
    gaps = {
        name: parting_gaps(plain, prompts, ours, theirs, 2 * apart.allowed)
        for name, theirs in tokens.items()
    }
    lengths = sorted(map(len, prompts))
    about = {
        "prompt_tokens": {"least": lengths[0], "median": lengths[len(lengths) // 2],
                          "most": lengths[-1]},
        "answer_tokens_mean": sum(map(len, ours)) / len(ours),
        "different_answers": len(set(map(tuple, ours))),
        "logit_distances": asdict(apart),
    }  # fmt: skip
    return {"gaps": gaps, "about": about}


def _keep(name: str, entry: dict[str, Any], options: argparse.Namespace, share: float) -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    kept[name] = {
        "machine": {"cpu": processor(), "threads": options.threads, "busy_share": round(share, 3)},
        "versions": {p: version_of(p) for p in ("torch", "transformers", "whet")},
        "python": platform.python_version(),
        "dtype": "float32",
        "answers": options.answers,
        "max_new_tokens": options.max_new_tokens,
        "pairs": options.pairs,
        **entry,
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="*", default=[], metavar="MODEL")
    data = os.environ.get("WHET_TEST_DATA", session.ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=5, help="slices, answered in turns")
    parser.add_argument(
        "--batches", type=int, nargs="+", default=BATCHES, help="of which generate's best is taken"
    )
    parser.add_argument("--max-new-tokens", type=int, default=16)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--busy", action="store_true", help="measure although others work")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--verbose", action="store_true", help="every slice, on stderr")
    options = parser.parse_args()
    options.models = options.models or list(subject.MODELS)
    unknown = [name for name in options.models if name not in subject.MODELS]
    if unknown:
        parser.error(f"unknown model {unknown[0]!r}; choose from {', '.join(subject.MODELS)}")
    options.data = options.data.resolve()
    options.say = (lambda t: print(t, file=sys.stderr)) if options.verbose else (lambda t: None)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
