"""The judge is asked: within the budget, several requests at a time, nothing paid for twice.

Each answer is on disk before the next is counted. Answers that other runs of the project paid for
are taken from their records: the key of a question is its whole text, the judge and the decoding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from whet.config import JudgeConfig
from whet.distilling import (
    Collector,
    EndpointTeacher,
    Journal,
    LocalTeacher,
    Prices,
    Purse,
    State,
    Teacher,
)
from whet.distilling import Job as Request
from whet.errors import EndpointError, Interrupted, RunError, WhetError
from whet.infer import EndpointCompleter
from whet.stages.job import Job
from whet.types import Completer, Decoding, FinishReason, Message, content_id

FOLDER = "judge"
TIMEOUT_S = 120.0
RETRY_BUDGET_S = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the judge said; None where it refused to answer for good."""

    text: str | None
    finish: FinishReason = FinishReason.STOP


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked, by key, in the order in which it is asked.

    `items` are the keys of each drawn item, in the order of the draw.
    """

    by_key: Mapping[str, tuple[Message, ...]]
    items: Mapping[str, Sequence[str]]

    def num_whole(self, found: Collection[str]) -> int:
        """Items at the beginning of the draw that have all their answers."""
        count = 0
        for keys in self.items.values():
            if not all(key in found for key in keys):
                break
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class Replies:
    """All that came, by key, and what it took. `spent` is for this run, stops included."""

    by_key: Mapping[str, Reply]
    num_asked: int
    num_reused: int
    spent: float


class Judge:
    """The judge of a run, at work: an endpoint, or a model in this process.

    Raises:
        EndpointError, ModelError, MissingExtraError: it cannot be set up.
    """

    def __init__(self, job: Job, settings: JudgeConfig) -> None:
        self._job, self._settings = job, settings
        self._completer = _completer(job, settings)
        self._decoding = Decoding(settings.temperature, settings.max_new_tokens)
        self._journal = Journal(job.run.file(FOLDER))

    @property
    def identity(self) -> str:
        """Address and model, or weights and precision."""
        return self._completer.identity

    def key(self, messages: tuple[Message, ...]) -> str:
        """Names one question to this judge: its whole text, the judge, the decoding."""
        return content_id([list(messages), self.identity, asdict(self._decoding)])

    def replies(self, questions: Questions) -> Replies:
        """An answer, or a final refusal, to every question.

        Raises:
            RunError: the next question could have passed the budget.
            EndpointError: the judge cannot be reached, or refuses everything.
            Interrupted: asked to stop. However it ends, what was answered is kept.
        """
        with self._journal.held():
            before = self._journal.read()
            reused = self._paid_before(questions.by_key.keys() - before.answers.keys())
            done = reused.keys() | before.answers.keys() | before.permanent
            requests = [
                Request(key, messages, self._decoding)
                for key, messages in questions.by_key.items()
                if key not in done
            ]
            stop = self._ask(requests, before.spent)
            known = self._journal.read()
        found = {key: Reply(None) for key in known.permanent}
        found |= {key: _reply(entry) for key, entry in {**reused, **known.answers}.items()}
        found = {key: found[key] for key in questions.by_key if key in found}
        if len(found) < len(questions.by_key):
            failed = [why for key, why in known.failures.items() if key in questions.by_key]
            stop = stop or EndpointError(failed[0] if failed else "questions have no answer.")
            raise self._stopped(stop, questions, found, known.spent)
        return Replies(found, len(requests), len(reused), known.spent)

    def _ask(self, requests: list[Request], spent: float) -> EndpointError | State | None:
        """Asks, and says why it ended early, if it did."""
        if not requests:
            return None
        self._job.progress.say(f"judge: asking {self.identity} {len(requests)} questions")
        price = self._settings.price
        prices = Prices(price.input, price.output) if price else Prices()
        purse = Purse(self._settings.budget, spent)
        collector = Collector(requests, purse, prices, self._journal, self._job.progress)
        teacher: Teacher
        if isinstance(self._completer, EndpointCompleter):
            teacher = EndpointTeacher(self._completer, self._settings.concurrency, collector.lost)
        else:
            teacher = LocalTeacher(self._completer)
        try:
            state = collector.run(teacher)
        except EndpointError as error:
            return error
        finally:
            teacher.stop()  # requests that wait for another try give up
        return None if state is State.COMPLETE else state

    def _paid_before(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """Answers to these questions in the records of the project's other runs."""
        found: dict[str, dict[str, Any]] = {}
        own = self._job.run.file(FOLDER)
        for folder in sorted(own.parent.parent.glob(f"*/{FOLDER}")):
            if folder != own and len(found) < len(keys):
                answers = Journal(folder).read().answers
                found |= {key: answers[key] for key in keys if key in answers}
        if found:
            self._job.progress.say(f"judge: {len(found)} answers are there from earlier runs")
        return found

    def _stopped(
        self,
        stop: EndpointError | State,
        questions: Questions,
        found: Mapping[str, Reply],
        spent: float,
    ) -> WhetError:
        """Why it ends here, and how to go on."""
        job, num_whole = self._job, questions.num_whole(found)
        command = f"whet {job.run.record()['verb']} {job.run.path}"
        kept = f"{len(found)} of {len(questions.by_key)} judgements are there, and kept."
        end = f", or end with the {num_whole} items that are judged: {command}"
        end = f"{end} judge.sample={num_whole}" if num_whole else ""
        if stop is State.INTERRUPTED:
            return Interrupted(f"stopped as asked. {kept} Go on with: {command}")
        if stop is State.BUDGET:
            limit = f"{self._settings.budget:g} {job.config.cost.currency}"
            return RunError(
                f"judge: stopped before the budget of {limit} could be passed ({spent:.4f} spent"
                f" at most). {kept} Go on with: {command} judge.budget=MORE{end}"
            )
        status = stop.status if isinstance(stop, EndpointError) else None
        return EndpointError(f"judge: {stop} {kept} Go on with: {command}{end}", status)


def _completer(job: Job, settings: JudgeConfig) -> Completer:
    if settings.endpoint:
        return EndpointCompleter(
            settings.endpoint,
            settings.model,
            settings.api_key_env,
            timeout_s=TIMEOUT_S,
            retry_budget_s=RETRY_BUDGET_S,
            concurrency=settings.concurrency,
        )
    job.models.forget()  # a large judge needs the room
    return job.models.other(settings.model, None)


def _reply(entry: Mapping[str, Any]) -> Reply:
    return Reply(str(entry["answer"]), FinishReason(entry.get("finish_reason", "stop")))
