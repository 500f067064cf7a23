"""Speed, memory and longest context of training on a CUDA GPU, beside the peers that are there.

    make bench-gpu                                      from a checkout, with PyTorch's own Python
    python -m benchmarks.training.gpu --parts 2k --shapes 1B

Needs PyTorch with CUDA, Triton, transformers and PEFT; TRL, Liger, Unsloth and flash-attn are
measured where they are installed and shown as not measured where not. Models have random weights.
Every part checks equal losses first and is written to benchmarks/results/gpu-NAME.json as soon as
it is done, so that a run that is cut short keeps what it has.

`share_of_limit`: tokens/s against (measured bf16 matmul rate) / (4 x parameters), since LoRA needs
two products of every weight forward and one for the gradient of its input (2 + 2 FLOP a weight).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.training import session, summary, synthetic
from benchmarks.training.job import Job
from benchmarks.training.machine import version_of
from benchmarks.training.settings import Setting
from benchmarks.training.shapes import SHAPES

PEERS: tuple[tuple[str, Setting], ...] = (
    ("peft", Setting("transformers + PEFT", "plain_worker", {"gradient_checkpointing": False})),
    ("trl", Setting("TRL defaults", "trl_worker", {"gradient_checkpointing": True})),
    (
        "liger_kernel",
        Setting("TRL + Liger", "trl_worker", {"gradient_checkpointing": False, "liger": True}),
    ),
    (
        "unsloth",
        Setting("Unsloth", "trl_worker", {"gradient_checkpointing": True, "unsloth": True}),
    ),
    (
        "unsloth",
        Setting(
            "Unsloth, no checkpointing",
            "trl_worker",
            {"gradient_checkpointing": False, "unsloth": True},
        ),
    ),
)
CAPS_GB = (8, 12, 16, 24, 80)
MICRO_BATCH = {"2k": 4, "packed": 8, "labels": 8, "document": 8}


def main() -> int:
    """Measures the chosen parts and shapes; 1 where two engines do not do the same work."""
    options = _options()
    kept = _read(options.out) | {"machine": _machine(options)}
    _write(options.out, kept)
    failed = False
    for shape in options.shapes:
        for part in options.parts:
            name = f"{shape} {part}"
            if part == "context":
                kept[name] = _contexts(shape, options)
            else:
                kept[name] = _speeds(shape, part, options, kept["machine"])
            failed = failed or "not_equal" in kept[name]
            _write(options.out, kept)
            print(f"{name}\n{_told(kept[name])}\n", flush=True)
    return int(failed)


def _speeds(
    shape: str, part: str, options: argparse.Namespace, machine: dict[str, Any]
) -> dict[str, Any]:
    """Interleaved steps of whet with each peer in turn: two fit where five do not."""
    vocabulary = SHAPES[shape]["vocab_size"]
    steps = synthetic.steps(part, vocabulary, options.pairs + options.warmup, options.batch)
    tokens = sum(len(path[0]) for example in steps[-1] for path in example)
    found: dict[str, Any] = {"tokens_per_step": tokens, "not_measured": []}
    whet = Setting("whet", "whet_worker")
    for package, peer in PEERS:
        if find_spec(package) is None:
            found["not_measured"].append(f"{peer.name}: {package} is not installed")
            continue
        micro = {"micro_batch": MICRO_BATCH[part]}
        pair = (whet, replace(peer, options={**peer.options, **micro}))
        try:
            rows = _pair(shape, steps, pair, options)
        except session.NotEqualError as error:
            found["not_equal"] = f"{peer.name}: {error}"
            continue
        except RuntimeError as error:
            found["not_measured"].append(f"{peer.name}: {str(error)[-500:]}")
            continue
        for row in rows:
            row["tokens_per_s"] = row["examples_per_s"] * tokens / options.batch
            row["share_of_limit"] = row["tokens_per_s"] / machine["limit_tokens_per_s"][shape]
        found[peer.name] = rows
    return found


def _pair(
    shape: str, steps: list[Any], settings: Sequence[Setting], options: argparse.Namespace
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        session.prepare("adapter", shape, folder, options.device)
        jobs = [
            Job(
                shape=shape, dtype=options.dtype, device=options.device,
                objective="sft", learning_rate=2e-4, adapter=str(folder / "adapter"),
                steps=steps, options={**setting.options, "num_threads": options.threads},
            )
            for setting in settings
        ]  # fmt: skip
        with session.workers(settings, jobs, folder, options.threads) as running:
            found = session.interleave(running, jobs, lambda line: None)
        return summary.compare(found, options.warmup, options.batch)


def _contexts(shape: str, options: argparse.Namespace) -> dict[str, Any]:
    """Longest sequence of one QLoRA step within each cap, by doubling, then bisection."""
    found: dict[str, Any] = {}
    for cap in CAPS_GB if options.device == "cuda" else CAPS_GB[:1]:
        with tempfile.TemporaryDirectory() as place:
            setting = Setting(f"context {cap} GB", "context_worker")
            job = Job(
                shape=shape, dtype=options.dtype, device=options.device,
                objective="sft", learning_rate=2e-4, adapter="", steps=[[]],
                options={"cap_gb": cap, "num_threads": options.threads},
            )  # fmt: skip
            try:
                with session.workers([setting], [job], Path(place), options.threads) as running:
                    found[f"{cap} GB"] = running[0].step()
            except RuntimeError as error:
                found[f"{cap} GB"] = {"not_measured": str(error)[-500:]}
    return found


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    """Device, versions, and the limits that follow from the measured rate of products."""
    import torch

    rate = _matmul_rate(options.device)
    packages = ("torch", "triton", "transformers", "peft", "trl", "liger_kernel", "unsloth")
    return {
        "device": torch.cuda.get_device_name() if options.device == "cuda" else platform.machine(),
        "cuda": torch.version.cuda,
        "python": platform.python_version(),
        "versions": {name: version_of(name) for name in packages},
        "bf16_matmul_flop_per_s": rate,
        "limit_tokens_per_s": {s: rate / (4 * _num_parameters(s)) for s in options.shapes},
    }


def _matmul_rate(device: str) -> float:
    """FLOP/s of a large bfloat16 product, the median of ten."""
    import statistics
    import time

    import torch

    size = 8192 if device == "cuda" else 512
    a = torch.ones(size, size, dtype=torch.bfloat16, device=device)
    seconds = []
    for _ in range(13):
        begun = time.perf_counter()
        a @ a
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begun)
    return 2 * size**3 / statistics.median(seconds[3:])


def _num_parameters(shape: str) -> int:
    from benchmarks.training.shapes import random_model

    model = random_model(shape, None, "meta")
    return sum(p.numel() for p in model.parameters())


def _told(part: dict[str, Any]) -> str:
    lines = [summary.table(rows) for rows in part.values() if isinstance(rows, list) and rows
             and isinstance(rows[0], dict)]  # fmt: skip
    rest = {k: v for k, v in part.items() if not isinstance(v, list) or k == "not_measured"}
    return "\n".join([*lines, json.dumps(rest)])


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _write(path: Path, kept: dict[str, Any]) -> None:
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = (*synthetic.CHOICES, "context")
    parser.add_argument("--parts", nargs="+", default=list(parts), choices=parts)
    parser.add_argument(
        "--shapes", nargs="+", default=["135M", "0.5B", "1B", "8B"], choices=list(SHAPES)
    )
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            print("no CUDA device here; --device cpu tries the script itself.", file=sys.stderr)
            raise SystemExit(1)
    if options.out is None:
        name = _machine_name(options.device)
        options.out = session.ROOT / "benchmarks" / "results" / f"gpu-{name}.json"
    return options


def _machine_name(device: str) -> str:
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else "cpu-trial"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    raise SystemExit(main())
