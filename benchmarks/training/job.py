"""What a worker is told, and how it talks: a job file, then a line in and a line out a step.

Workers answer on a copy of their standard output and send the output itself to standard error, so
that no library's print can spoil an answer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """One engine with one setting on one workload.

    `steps` holds [step][example][path] = (tokens, trained). `options` are the engine's own.
    `adapter` is a folder in PEFT's format that every engine starts from.
    """

    shape: str
    dtype: str
    device: str
    objective: str
    learning_rate: float
    adapter: str
    steps: list[list[Any]]
    options: dict[str, Any]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def read(path: Path) -> Job:
        return Job(**json.loads(path.read_text(encoding="utf-8")))


class Talk:
    """A worker's side of the conversation, and its clocks."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._begun = (0.0, 0.0)

    def wait(self) -> None:
        """Returns when the next step is asked for; the clocks start. Ends the process at EOF."""
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        self._begun = (time.perf_counter(), time.process_time())

    def answer(self, **values: Any) -> None:
        """Sends one step's values with its seconds."""
        wall, cpu = time.perf_counter(), time.process_time()
        times = {"seconds": wall - self._begun[0], "cpu_seconds": cpu - self._begun[1]}
        self.say(**times, peak_memory_bytes=peak_memory_bytes(), **values)

    def say(self, **values: Any) -> None:
        self._out.write(json.dumps(values) + "\n")
        self._out.flush()


def peak_memory_bytes() -> int:
    """The largest memory so far: of the GPU's allocator where torch uses one, else resident."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell a process its peak memory")


def serve(build: Callable[[Job], Callable[[Talk], Iterator[dict[str, Any]]]]) -> None:
    """Runs a worker: the job named on the command line, one yielded dictionary a step."""
    job = Job.read(Path(sys.argv[1]))
    talk = Talk()
    session = build(job)
    talk.say(ready=True)
    for values in session(talk):
        talk.answer(**values)
    sys.stdin.read()
