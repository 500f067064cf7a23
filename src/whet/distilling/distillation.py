"""One distillation, from its questions to its files; it may be stopped and gone on with."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whet.distilling.collecting import Collector, State
from whet.distilling.inputs import Question, Questions
from whet.distilling.journal import Journal
from whet.distilling.purse import Purse
from whet.distilling.settings import Asking, Spending
from whet.distilling.sieve import Sieve
from whet.distilling.teacher import Job, Teacher
from whet.distilling.yielding import Wanted, Yield, file_digest, gather, write_yield
from whet.errors import ConfigError
from whet.progress import Progress
from whet.types import Decoding, Message, content_id

MakeTeacher = Callable[[Callable[[Job], bool]], Teacher]
"""From the function that is told of lost attempts to the teacher."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, what came out, and the data set's file."""

    state: State
    found: Yield
    file: Path
    spent: float


class Distillation:
    """The parts of one distillation. `run` asks for what is missing and writes what there is."""

    def __init__(
        self,
        questions: Questions,
        asking: Asking,
        spending: Spending,
        sieve: Sieve,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._questions, self._sieve = questions, sieve
        self._asking, self._spending = asking, spending
        self._folder, self._progress = folder, progress
        self._journal = Journal(folder)
        self._prompt = _prompt(asking.prompt)
        self._collector: Collector | None = None

    def run(self, make_teacher: MakeTeacher) -> Outcome:
        """Holds the folder meanwhile, and writes the lists however it ends.

        Raises:
            RunError: another process is at work there.
            EndpointError: the endpoint refuses everything; the lists are written all the same.
        """
        with self._journal.held():
            return self._run(make_teacher(self._lost))

    def _run(self, teacher: Teacher) -> Outcome:
        wanted = self._wanted(teacher.identity)
        known = self._journal.read()
        jobs = [one.job for one in wanted if one.job.key not in known.answers]
        if len(jobs) < len(wanted):
            self._progress.say(f"{len(wanted) - len(jobs)} of {len(wanted)} answers are there")
        purse = Purse(self._spending.budget, known.spent)
        prices = self._spending.prices
        self._collector = Collector(jobs, purse, prices, self._journal, self._progress)
        state = State.FAILED
        try:
            state = self._collector.run(teacher)
        except KeyboardInterrupt:
            state = State.INTERRUPTED
            raise
        finally:
            found = gather(wanted, self._journal.read(), self._sieve, teacher.identity)
            manifest = self._manifest(teacher.identity, state, purse.spent)
            file = write_yield(self._folder, found, manifest)
        return Outcome(state, found, file, purse.spent)

    def _lost(self, job: Job) -> bool:
        assert self._collector is not None, "a teacher is asked by the collector alone"
        return self._collector.lost(job)

    def _wanted(self, teacher: str) -> list[Wanted]:
        wanted = []
        for question in self._questions.items:
            messages = _with_prompt(self._prompt, question)
            for sample in range(self._asking.samples):
                decoding = Decoding(self._asking.heat, self._asking.max_new_tokens, seed=sample)
                key = content_id([list(messages), teacher, asdict(decoding)])
                wanted.append(Wanted(question, Job(key, messages, decoding), sample))
        return wanted

    def _manifest(self, teacher: str, state: State, spent: float) -> dict[str, Any]:
        asking, spending = self._asking, self._spending
        sieve = self._sieve
        return {
            "origin": "synthetic",
            "state": state.name.lower(),
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "teacher": teacher,
            "prompt_sha256": _digest(self._prompt),
            "decoding": {"temperature": asking.heat, "max_new_tokens": asking.max_new_tokens},
            "samples": asking.samples,
            "kept_if": {"form": sieve.form_said, "metric": sieve.metric,
                        "min_score": sieve.min_score if sieve.metric else None},
            "inputs": {str(file): file_digest(file) for file in self._questions.files},
            "rows_read": self._questions.num_read,
            "inputs_asked": len(self._questions.items),
            "cost": {"spent": spent, "budget": spending.budget,
                     "price_input": spending.price_input,
                     "price_output": spending.price_output},
        }  # fmt: skip


def _prompt(name: str | Path | None) -> str | None:
    if name is None:
        return None
    try:
        text = Path(name).read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise ConfigError(f"--prompt: {name}: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"--prompt: {name}: not UTF-8 at byte {error.start}.") from None
    if not text:
        raise ConfigError(f"--prompt: {name}: the file is empty.")
    return text


def _with_prompt(prompt: str | None, question: Question) -> tuple[Message, ...]:
    if prompt is None:
        return question.messages
    if question.messages[0]["role"] == "system":
        raise ConfigError(
            f"{question.source}: the row has a system message, and --prompt names another one."
            " Leave --prompt out, or take the row's away."
        )
    return ({"role": "system", "content": prompt}, *question.messages)


def _digest(text: str | None) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text is not None else None
