"""Who answers: an OpenAI-compatible endpoint, several requests at a time, or a local model."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from whet.errors import EndpointError, ModelError
from whet.infer import EndpointCompleter
from whet.infer.endpoint import RETRIED_STATUS
from whet.types import Completer, Completion, Decoding, Message

POLL_S = 0.1
STOPPING_STATUS = frozenset({401, 402, 403, 404})
"""Answers that the next request would get as well: a wrong key, no money, no such model."""


@dataclass(frozen=True, slots=True)
class Job:
    """One answer that is wanted. `key` names input, teacher, decoding and sample."""

    key: str
    messages: tuple[Message, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a job: an answer, or why there is none.

    `lost` means that the request may have been billed without an answer; `unasked` that it was
    given up because the work was stopped; `permanent` that asking again would end alike.
    """

    job: Job
    completion: Completion | None
    failure: str = ""
    lost: bool = False
    unasked: bool = False
    permanent: bool = False


class Teacher(Protocol):
    """Answers jobs, in any order.

    `answers` pulls jobs as it has room for them (None: none may be started now), and yields each
    answer, or None now and then so that the caller can look around.
    """

    identity: str

    def answers(self, take: Callable[[], Job | None]) -> Iterator[Answered | None]: ...

    def stop(self) -> None:
        """No more waiting between attempts."""
        ...


class LocalTeacher:
    """A model in this process, asked in batches."""

    def __init__(self, completer: Completer, batch_size: int = 16) -> None:
        self.identity = completer.identity
        self._completer, self._batch_size = completer, batch_size

    def answers(self, take: Callable[[], Job | None]) -> Iterator[Answered | None]:
        """Batch after batch; jobs of one batch share their decoding."""
        left: Job | None = None
        while True:
            batch = self._batch(left, take)
            if not batch:
                return
            same = [job for job in batch if job.decoding == batch[0].decoding]
            left = batch[-1] if len(same) < len(batch) else None
            yield from self._complete(same)

    def _complete(self, jobs: Sequence[Job]) -> list[Answered]:
        """Answers of one batch; where one of it does not fit the model, each is asked alone."""
        try:
            found = self._completer.complete([job.messages for job in jobs], jobs[0].decoding)
        except ModelError as error:
            if len(jobs) == 1:
                return [Answered(jobs[0], None, str(error), permanent=True)]
            return [answered for job in jobs for answered in self._complete([job])]
        return [Answered(job, done) for job, done in zip(jobs, found, strict=True)]

    def _batch(self, left: Job | None, take: Callable[[], Job | None]) -> list[Job]:
        """Up to `batch_size` jobs of one decoding; a last one may be of another."""
        batch = [left] if left is not None else []
        while len(batch) < self._batch_size and (job := take()) is not None:
            batch.append(job)
            if job.decoding != batch[0].decoding:
                break
        return batch

    def stop(self) -> None:
        """Nothing waits here."""


class EndpointTeacher:
    """An endpoint, asked by several threads.

    `lost` is told of every attempt that may have been billed without an answer, and says whether
    there may be another.
    """

    def __init__(
        self, completer: EndpointCompleter, concurrency: int, lost: Callable[[Job], bool]
    ) -> None:
        self.identity = completer.identity
        self._completer, self._concurrency, self._lost = completer, concurrency, lost
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._done: queue.Queue[Answered | BaseException] = queue.Queue()
        self._stopping = threading.Event()

    def answers(self, take: Callable[[], Job | None]) -> Iterator[Answered | None]:
        """Answers as they come.

        Raises:
            EndpointError: the endpoint refuses in a way that every request would meet.
        """
        # Daemons: a second Ctrl-C must not wait for requests that hang.
        workers = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self._concurrency)
        ]
        for worker in workers:
            worker.start()
        try:
            yield from self._collect(take)
        finally:
            for _ in workers:
                self._jobs.put(None)

    def _collect(self, take: Callable[[], Job | None]) -> Iterator[Answered | None]:
        num_out = 0
        while True:
            while num_out < self._concurrency and (job := take()) is not None:
                self._jobs.put(job)
                num_out += 1
            if not num_out:
                return
            try:
                found = self._done.get(timeout=POLL_S)
            except queue.Empty:
                yield None
                continue
            if isinstance(found, BaseException):
                raise found
            num_out -= 1
            yield found

    def stop(self) -> None:
        """Requests under way finish; waits between attempts end."""
        self._stopping.set()
        self._completer.stop()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._done.put(self._answer(job))
            except BaseException as error:  # handed to the caller's thread
                self._done.put(error)

    def _answer(self, job: Job) -> Answered:
        try:
            completion = self._completer.ask(job.messages, job.decoding, lambda: self._lost(job))
        except EndpointError as error:
            if error.status in STOPPING_STATUS:
                raise
            maybe_billed = error.status in (None, 200)
            unasked = self._stopping.is_set()
            lost = maybe_billed and not unasked
            permanent = error.status is not None and error.status not in RETRIED_STATUS
            return Answered(job, None, str(error), lost, unasked, permanent)
        return Answered(job, completion)
