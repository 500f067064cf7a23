"""What a worker is told: a model, an engine's options, and slices of prompts, one a step."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.evaluation.subject import model_of
from benchmarks.training.job import Talk

Prompts = Sequence[Any]
Answers = list[tuple[str, list[int]]]
"""Text and tokens of each answer, in the order of the prompts; no stop token, no padding."""
Engine = Callable[[Prompts], Answers]


@dataclass(frozen=True, slots=True)
class Job:
    """One engine on one model."""

    model: str
    dtype: str
    data: str
    max_new_tokens: int
    num_threads: int
    slices: list[list[Any]]
    options: dict[str, Any]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def serve(build: Callable[[Job, Any, Any, tuple[int, ...]], Engine]) -> None:
    """Runs a worker: the job named on the command line, one slice answered for each line in.

    The clock runs from messages to texts: templates and tokenizing are part of it.
    """
    import torch

    job = Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    talk = Talk()
    torch.set_num_threads(job.num_threads)
    engine = build(job, *model_of(job.model, job.dtype, Path(job.data)))
    talk.say(ready=True)
    for prompts in job.slices:
        talk.wait()
        answers = engine(prompts)
        talk.answer(texts=[text for text, _ in answers], tokens=[tokens for _, tokens in answers])
    sys.stdin.read()
