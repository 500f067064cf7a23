"""Ratios of slices that engines answered in turns, and the table that is printed and kept."""

from __future__ import annotations

import statistics
from typing import Any


def compare(timed: dict[str, list[dict[str, Any]]], proof: dict[str, Any]) -> list[dict[str, Any]]:
    """A row an engine: its speed, and how much faster and smaller the first one is.

    `ratio` is the median over slices of (its seconds / seconds of the first), with the smallest
    and largest beside it; `total_ratio` that of all slices together. `parted` counts its answers
    that are not those of the first, each at a tie: `largest_gap` is the widest of them.
    """
    first = next(iter(timed.values()))
    return [_row(name, first, steps, proof["gaps"][name]) for name, steps in timed.items()]


def _row(
    name: str, first: list[dict[str, Any]], steps: list[dict[str, Any]], gaps: list[float]
) -> dict[str, Any]:
    pairs = list(zip(first, steps, strict=True))
    ratios = [theirs["seconds"] / ours["seconds"] for ours, theirs in pairs]
    cpu = [theirs["cpu_seconds"] / ours["cpu_seconds"] for ours, theirs in pairs]
    seconds = [step["seconds"] for step in steps]
    peak = max(step["peak_memory_bytes"] for step in steps)
    return {
        "engine": name,
        "answers_per_s": sum(len(step["texts"]) for step in steps) / sum(seconds),
        "seconds": seconds,
        "cpu_seconds": [step["cpu_seconds"] for step in steps],
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "total_ratio": sum(seconds) / sum(step["seconds"] for step in first),
        "cpu_ratio": statistics.median(cpu),
        "peak_memory_bytes": peak,
        "memory_share": max(step["peak_memory_bytes"] for step in first) / peak,
        "parted": len(gaps),
        "largest_gap": max(gaps, default=0.0),
    }


def table(entry: dict[str, Any]) -> str:
    """The rows for a terminal."""
    heads = f"{'engine':34} {'answers/s':>9} {'whet is':>22} {'in all':>7} {'cpu':>7} {'peak':>8}"
    lines = [f"{heads} {'whet uses':>9} {'parted at ties':>14}"]
    for row in entry["rows"]:
        spread = f"{row['ratio']:.2f}x ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})"
        lines.append(
            f"{row['engine']:34} {row['answers_per_s']:9.2f} {spread:>22} "
            f"{row['total_ratio']:6.2f}x {row['cpu_ratio']:6.2f}x "
            f"{row['peak_memory_bytes'] / 2**30:7.2f}G "
            f"{row['memory_share']:8.2f}x {row['parted']:14}"
        )
    apart = entry["logit_distances"]
    lines.append(
        f"prompts of {entry['prompt_tokens']['median']} tokens, answers of "
        f"{entry['answer_tokens_mean']:.1f}; logits at most {apart['whet']:.1e} from float64, "
        f"a padded batch's {apart['padded']:.1e}"
    )
    return "\n".join(lines)
