"""Ratios of interleaved steps, with their spread, and the table that is printed and kept."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.training.session import Measured


def compare(found: Sequence[Measured], warmup: int, batch: int) -> list[dict[str, Any]]:
    """A row an engine: its speed, and how much faster and smaller the first one is.

        `ratio` is the median over pairs of steps of (its seconds / seconds of the first), with the
    smallest and largest pair beside it. `total_ratio` is of the seconds of all steps, the first
    one with everything that a run does once included; for DPO it is the one to read, since whet
    measures the reference of all rows before its first step, TRL that of each step's rows in it.
    `memory_share` is the first one's peak / its peak.
    """
    first = found[0]
    return [_row(first, other, warmup, batch) for other in found]


def _row(first: Measured, other: Measured, warmup: int, batch: int) -> dict[str, Any]:
    ours, theirs = first.steps[warmup:], other.steps[warmup:]
    ratios = [b["seconds"] / a["seconds"] for a, b in zip(ours, theirs, strict=True)]
    cpu = [b["cpu_seconds"] / a["cpu_seconds"] for a, b in zip(ours, theirs, strict=True)]
    seconds = [step["seconds"] for step in theirs]
    peak = max(step["peak_memory_bytes"] for step in other.steps)
    apart = [
        abs(a["loss"] - b["loss"]) / abs(b["loss"])
        for a, b in zip(first.steps, other.steps, strict=True)
    ]
    return {
        "engine": other.setting.name,
        "dtype": other.dtype,
        "examples_per_s": batch / statistics.median(seconds),
        "loss_tokens_per_s": statistics.median(s["loss_tokens"] / s["seconds"] for s in theirs),
        "seconds": seconds,
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "total_ratio": sum(s["seconds"] for s in other.steps)
        / sum(s["seconds"] for s in first.steps),
        "cpu_ratio": statistics.median(cpu),
        "peak_memory_bytes": peak,
        "memory_share": max(s["peak_memory_bytes"] for s in first.steps) / peak,
        "first_loss_difference": apart[0],
        "largest_loss_difference": max(apart),
        "executed_tokens": [s["executed_tokens"] for s in theirs if "executed_tokens" in s],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows for a terminal."""
    heads = f"{'engine':28} {'examples/s':>10} {'whet is':>22} {'in all':>7} {'peak':>8}"
    lines = [f"{heads} {'whet uses':>9} {'loss apart':>10}"]
    for row in rows:
        spread = f"{row['ratio']:.2f}x ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})"
        lines.append(
            f"{row['engine']:28} {row['examples_per_s']:10.2f} {spread:>22} "
            f"{row['total_ratio']:6.2f}x "
            f"{row['peak_memory_bytes'] / 2**30:7.2f}G {row['memory_share']:8.2f}x "
            f"{row['largest_loss_difference']:10.1e}"
        )
    return "\n".join(lines)
