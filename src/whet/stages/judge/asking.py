"""The judge is asked: within the budget, several requests at a time, nothing paid for twice.

Each answer is on disk before the next is counted. Answers that other runs of the project paid for
are taken from their records: the key of a question is its whole text, the judge and the decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from whet.errors import EndpointError, Interrupted, RunError
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
class Replies:
    """All that came, by key, and what it took. `spent` is for this run, stops included."""

    by_key: Mapping[str, Reply]
    num_asked: int
    num_reused: int
    spent: float


def judge_completer(job: Job, settings: JudgeConfig) -> Completer:
    """Who judges: an endpoint, or a model in this process.

    Raises:
        EndpointError, ModelError, MissingExtraError: it cannot be set up.
    """
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


def key_of(messages: tuple[Message, ...], judge: str, decoding: Decoding) -> str:
    """Names one question to one judge."""
    return content_id([list(messages), judge, asdict(decoding)])


def decoding_of(settings: JudgeConfig) -> Decoding:
    """How the judge answers."""
    return Decoding(settings.temperature, settings.max_new_tokens)


def ask_judge(
    job: Job,
    settings: JudgeConfig,
    completer: Completer,
    questions: Mapping[str, tuple[Message, ...]],
    whole_items: Mapping[str, list[str]],
) -> Replies:
    """An answer, or a final refusal, to every question.

    Args:
        job: The run at work.
        settings: The project's judge.
        completer: Who is asked.
        questions: What is asked, by key, in the order in which it is asked.
        whole_items: The keys of each drawn item, in the order of the draw.

    Raises:
        RunError: the next question could have passed the budget.
        EndpointError: the judge cannot be reached, or refuses everything.
        Interrupted: asked to stop. However it ends, what was answered is kept.
    """
    journal = Journal(job.run.file(FOLDER))
    with journal.held():
        before = journal.read()
        reused = _paid_before(job, questions.keys() - before.answers.keys())
        have = {**reused, **before.answers}
        decoding = decoding_of(settings)
        requests = [
            Request(key, messages, decoding)
            for key, messages in questions.items()
            if key not in have and key not in before.permanent
        ]
        if reused:
            job.progress.say(f"judge: {len(reused)} judgements are there from earlier runs")
        stop: EndpointError | State = State.COMPLETE
        if requests:
            job.progress.say(f"judge: asking {completer.identity} {len(requests)} questions")
            try:
                stop = _collect(job, settings, completer, requests, journal, before.spent)
            except EndpointError as error:
                stop = error
        known = journal.read()
    found = {key: _reply(entry) for key, entry in {**reused, **known.answers}.items()}
    found |= {key: Reply(None) for key in known.permanent if key in questions}
    missing = [key for key in questions if key not in found]
    if missing:
        why = next((known.failures[key] for key in missing if key in known.failures), "")
        _stopped(job, settings, stop, why, len(questions) - len(missing), len(questions),
                 known.spent, _num_whole(whole_items, found))  # fmt: skip
    kept = {key: reply for key, reply in found.items() if key in questions}
    return Replies(kept, len(requests), len(reused), known.spent)


def _collect(
    job: Job,
    settings: JudgeConfig,
    completer: Completer,
    requests: list[Request],
    journal: Journal,
    spent: float,
) -> State:
    price = settings.price
    prices = Prices(price.input, price.output) if price else Prices()
    purse = Purse(settings.budget, spent)
    collector = Collector(requests, purse, prices, journal, job.progress)
    teacher: Teacher
    if isinstance(completer, EndpointCompleter):
        teacher = EndpointTeacher(completer, settings.concurrency, collector.lost)
    else:
        teacher = LocalTeacher(completer)
    return collector.run(teacher)


def _paid_before(job: Job, keys: set[str]) -> dict[str, dict[str, Any]]:
    """Answers to these questions in the records of the project's other runs."""
    found: dict[str, dict[str, Any]] = {}
    runs = job.run.path.parent
    for folder in sorted(runs.glob(f"*/{FOLDER}")):
        if folder != job.run.file(FOLDER) and keys - found.keys():
            answers = Journal(folder).read().answers
            found |= {key: answers[key] for key in keys & answers.keys()}
    return found


def _reply(entry: Mapping[str, Any]) -> Reply:
    return Reply(str(entry["answer"]), FinishReason(entry.get("finish_reason", "stop")))


def _num_whole(whole_items: Mapping[str, list[str]], found: Mapping[str, Reply]) -> int:
    """Items at the beginning of the draw that are judged in all they were to be judged in."""
    count = 0
    for keys in whole_items.values():
        if not all(key in found for key in keys):
            break
        count += 1
    return count


def _stopped(
    job: Job,
    settings: JudgeConfig,
    stop: EndpointError | State,
    why: str,
    num_done: int,
    num_all: int,
    spent: float,
    num_whole: int,
) -> None:
    """Says why it ends here, and how to go on.

    Raises:
        RunError, EndpointError, Interrupted: always.
    """
    command = f"whet {job.run.record()['verb']} {job.run.path}"
    kept = f"{num_done} of {num_all} judgements are there, and kept."
    if stop is State.INTERRUPTED:
        raise Interrupted(f"stopped as asked. {kept} Go on with: {command}")
    end = f", or end with the {num_whole} items that are judged: {command} judge.sample={num_whole}"
    end = end if num_whole else ""
    if stop is State.BUDGET:
        raise RunError(
            f"judge: stopped before the budget of {settings.budget:g} {job.config.cost.currency}"
            f" could be passed ({spent:.4f} spent at most). {kept} Go on with: {command}"
            f" judge.budget=MORE{end}"
        )
    told, status = (str(stop), stop.status) if isinstance(stop, EndpointError) else (why, None)
    raise EndpointError(f"judge: {told} {kept} Go on with: {command}{end}", status)
