"""The latency gate's measurement: seconds for an answer, items asked one at a time."""

from __future__ import annotations

import time

from whet.evals.arms import Arm
from whet.progress import check_stop
from whet.stages.arms import prompts_of
from whet.stages.job import Job

NUM_TIMED = 100


def measure_seconds(job: Job, arm: Arm) -> list[float]:
    """Seconds for each of up to 100 answers, as a lone user asks a server.

    One answer goes before the clock starts, as the first of a process is always slow.
    """
    items = job.judged[:NUM_TIMED]
    prompts = prompts_of(job, arm, items)
    completer = job.models.tuned()
    tools = [item.tools for item in items]
    completer.complete(prompts[:1], job.decoding, tools[:1])
    seconds = []
    for number, (prompt, offered) in enumerate(zip(prompts, tools, strict=True)):
        check_stop(job.progress)
        job.progress.advance(f"latency of {arm.name}", number, len(prompts))
        started = time.perf_counter()
        completer.complete([prompt], job.decoding, [offered])
        seconds.append(time.perf_counter() - started)
    return seconds
