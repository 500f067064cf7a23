"""Engines in one session: a process each, their steps interleaved A B A B on the same examples.

Nothing is timed before it is known to be the same work: equal loss tokens in every step, and
losses that agree (1e-4 relative in float32, 2e-2 where a side computes in 16 bit).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.training.job import Job
from benchmarks.training.settings import Setting

ROOT = Path(__file__).resolve().parents[2]
LOSS_TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2, "float16": 2e-2}
BUSY_SHARE = 0.15


class NotEqualError(Exception):
    """Two engines do not do the same work, so their times cannot be compared."""


@dataclass(slots=True)
class Measured:
    """What one engine answered, a dictionary a step."""

    setting: Setting
    dtype: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    failed: str | None = None


class Writable(Protocol):
    """A job: what a worker is told."""

    def write(self, path: Path) -> None:
        """Writes it as a file."""


class Worker:
    """A worker process."""

    def __init__(self, setting: Setting, job: Writable, folder: Path, num_threads: int) -> None:
        self.setting = setting
        path = folder / f"{setting.name.replace(' ', '-')}.json"
        job.write(path)
        self._errors = path.with_suffix(".log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{setting.module}.{setting.worker}", str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            cwd=ROOT, env=_environment(num_threads),
        )  # fmt: skip
        self._log = path.with_suffix(".log")
        self.read()

    def read(self) -> dict[str, Any]:
        """The worker's next line.

        Raises:
            RuntimeError: it ended; the message holds the end of what it said.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise RuntimeError(f"{self.setting.name} ended: {self._log.read_text()[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def step(self) -> dict[str, Any]:
        """One optimizer step."""
        assert self._process.stdin is not None
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()


def _environment(num_threads: int) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(num_threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }


@contextmanager
def workers(
    settings: Sequence[Setting], jobs: Sequence[Writable], folder: Path, num_threads: int
) -> Iterator[list[Worker]]:
    """The workers, built one after the other; closed in any case."""
    started: list[Worker] = []
    try:
        for setting, job in zip(settings, jobs, strict=True):
            started.append(Worker(setting, job, folder, num_threads))
        yield started
    finally:
        for worker in started:
            worker.close()


def interleave(running: Sequence[Worker], jobs: Sequence[Job], say: Any) -> list[Measured]:
    """All steps of all workers, step by step in turns.

    Raises:
        NotEqualError: an engine's loss or number of loss tokens is not that of the first.
    """
    found = [Measured(w.setting, job.dtype) for w, job in zip(running, jobs, strict=True)]
    for number in range(len(jobs[0].steps)):
        for worker, measured in zip(running, found, strict=True):
            measured.steps.append(worker.step())
            say(f"step {number} {worker.setting.name}: {measured.steps[-1]}")
        _same_work(found)
    return found


def _same_work(found: Sequence[Measured]) -> None:
    first = found[0]
    for other in found[1:]:
        a, b = first.steps[-1], other.steps[-1]
        if a["loss_tokens"] != b["loss_tokens"]:
            raise NotEqualError(f"loss tokens: {a['loss_tokens']} and {b['loss_tokens']}")
        allowed = max(LOSS_TOLERANCE[first.dtype], LOSS_TOLERANCE[other.dtype])
        if not abs(a["loss"] - b["loss"]) <= allowed * abs(b["loss"]):
            raise NotEqualError(
                f"step {len(first.steps) - 1}: {first.setting.name} has loss {a['loss']}, "
                f"{other.setting.name} {b['loss']}; more than {allowed} apart"
            )


def prepare(*arguments: str | Path) -> None:
    """Runs `preparation` with these arguments, on this program's threads."""
    command = [sys.executable, "-m", "benchmarks.training.preparation", *map(str, arguments)]
    subprocess.run(command, check=True, cwd=ROOT, env=_environment(os.cpu_count() or 1))


def busy_share(seconds: float = 3.0) -> float:
    """Share of all cores' time that others use now.

    Raises:
        OSError: this system has no /proc/stat.
    """

    def times() -> tuple[int, int]:
        values = [int(v) for v in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        return sum(values), values[3] + values[4]

    total, idle = times()
    time.sleep(seconds)
    total_after, idle_after = times()
    return 1 - (idle_after - idle) / max(1, total_after - total)
