"""Two bundled examples from data to verdict: one that ships, and one that says no.

    make demo        makes .venv if needed and runs this

The projects are made afresh under `demo/NAME/`; their runs, with `report.html`, are in
`demo/NAME/runs/`. Ends with status 1 if a verdict is not the one that the example is known for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHET = [sys.executable, "-m", "whet"]
EXPECTED = {"ticket-lines": "ship", "planted-forgetting": "do_not_ship"}


def main() -> int:
    """Runs each example; returns the exit status."""
    wrong = []
    for name, expected in EXPECTED.items():
        folder = ROOT / "demo" / name
        shutil.rmtree(folder, ignore_errors=True)
        started = time.monotonic()
        subprocess.run([*WHET, "init", str(folder), "--example", name], check=True)
        print(f"\n$ cd demo/{name} && whet run\n", flush=True)
        subprocess.run([*WHET, "run"], cwd=folder, check=True)
        report = json.loads((folder / "runs" / "001" / "report.json").read_text(encoding="utf-8"))
        seconds = time.monotonic() - started
        print(f"\n{name}: {report['verdict']} (expected {expected}), {seconds:.0f} s\n", flush=True)
        if report["verdict"] != expected:
            wrong.append(name)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
