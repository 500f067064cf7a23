"""Stage `check`: what is read is written down, and what will decide is frozen."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from whet.findings import Severity
from whet.infer.ready import load_answers
from whet.rundir import write_json
from whet.stages.job import Job
from whet.stages.touched import touched_items
from whet.types import Example
from whet.version import __version__

PACKAGES = ("torch", "transformers", "peft", "tokenizers", "numpy", "scipy")


def write_check(job: Job) -> None:
    """Writes split manifests, the ledger, the findings and the environment.

    Ready answers are read here already, so that a fault in them is told before anything is spent.
    """
    dataset = job.dataset
    if job.options.predictions and not job.options.smoke:
        load_answers(Path(job.options.predictions), job.judged)
    for name, rows in dataset.splits.items():
        write_json(job.run.file(f"data/{name}.json"), _manifest(rows))
    write_json(job.run.file("ledger.json"), dataset.ledger.to_json())
    touched, found = touched_items(job)
    findings = [asdict(finding) for finding in (*dataset.findings, *found)]
    about = {"version": dataset.version, "format": dataset.format, "reason": dataset.reason}
    kept = {**about, "findings": findings, "touched": touched}
    write_json(job.run.file("data/check.json"), kept)
    write_json(job.run.file("environment.json"), environment())
    counts = ", ".join(f"{len(found)} {name}" for name, found in dataset.splits.items() if found)
    job.progress.say(f"data {dataset.version}: {counts} rows; {dataset.format} ({dataset.reason})")
    dropped = dataset.ledger.by_reason
    if dropped:
        told = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        job.progress.say(f"dropped: {told} (ledger.json names each row)")
    warnings = [f for f in (*dataset.findings, *found) if f.severity is Severity.WARNING]
    if warnings:
        job.progress.say(f"{len(warnings)} warnings about the data; `whet check` shows them")
    if touched:
        job.progress.say(f"{len(touched)} test items stand in training rows; scored apart as well")
    if not job.dataset.validation and not job.options.smoke:
        job.warn("there is no validation set: nothing is chosen and early stopping is off.")


def environment() -> dict[str, str]:
    """Versions of what the figures depend on."""
    found = {"whet": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found | {"platform": platform.platform(), "machine": _machine()}


def _machine() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    except OSError:
        names = []
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def _manifest(rows: list[Example]) -> list[dict[str, Any]]:
    return [{"id": row.id, "source": row.source, "group": row.group} for row in rows]
