"""Looks as the runs themselves record them: `looks.jsonl` may have been deleted, and they not."""

from __future__ import annotations

from pathlib import Path

from whet.evals.looks import Look
from whet.rundir import RunDir, read_json


def looks_of_runs(root: Path) -> list[Look]:
    """The looks of all runs under `root/runs` that took one, the oldest first.

    Raises:
        RunError: a run's record is damaged, or of a newer whet.
    """
    found = []
    for path in sorted(root.glob("runs/*/run.json")):
        run = RunDir(path.parent)
        record, items = run.record(), run.file("data/test.json")
        if record.get("look") is None or not items.is_file():
            continue
        created, ids = record["created"], frozenset(row["id"] for row in read_json(items))
        found.append(Look(f"{run.path.name} {created}", created, ids))
    return sorted(found, key=lambda look: (look.time, look.run))
