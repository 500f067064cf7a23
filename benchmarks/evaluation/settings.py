"""The engines that are compared. The first is whet, the others its peers."""

from __future__ import annotations

from typing import Any

from benchmarks.training.settings import Setting

MODULE = "benchmarks.evaluation.workers"
WHET = Setting("whet", "whet_worker", module=MODULE)
BATCHES = (4, 8, 16, 32, 64)
"""Batch sizes of which `generate`'s best is found first."""


def generate(batch: int, **options: Any) -> Setting:
    """The peer, `generate`, with so many rows a call."""
    prefix = ", copied prefix" if options else ""
    name = f"generate, batch {batch}{prefix}"
    return Setting(name, "generate_worker", {"batch": batch, **options}, module=MODULE)
