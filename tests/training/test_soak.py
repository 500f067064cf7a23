"""Stopped and killed at random moments, inside saves too, a run ends bit by bit as if let alone.

20 stops and 25 kills here; `make soak` takes 200 of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "soak_program.py"
NUM = int(os.environ.get("WHET_SOAK", "0"))
SEED = int(os.environ.get("WHET_SOAK_SEED", "0"))


def soak(folder: Path, stops: int, kills: int, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), str(stops), str(kills), str(SEED)],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120 + 10 * (stops + kills),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_no_stop_and_no_kill_changes_a_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stops, kills = NUM or 20, NUM or 25
    found = soak(tmp_path / "soak", stops, kills, PYTHONHASHSEED="1")
    if NUM:
        with capsys.disabled():
            print(f"\n{json.dumps(found)}")
    assert found["faults"] == []
    assert found["kills_in_a_save"] >= kills // 3
    assert found["chains"] < stops + kills, "a chain is interrupted several times"
    assert found["slowest_stop_s"] < 30
    other = soak(tmp_path / "other", 0, 0, PYTHONHASHSEED="2")
    assert other["adapter"] == found["adapter"], "another hash seed, another process, equal bits"
