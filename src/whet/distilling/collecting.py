"""The work of a distillation: jobs out, answers in, each on disk before the next is counted."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from whet.distilling.journal import Journal
from whet.distilling.purse import Prices, Purse
from whet.distilling.teacher import Answered, Job, Teacher
from whet.errors import EndpointError
from whet.progress import Progress

MAX_FAILURES_IN_A_ROW = 10


class State(StrEnum):
    """How the work ended."""

    COMPLETE = "complete"
    BUDGET = "stopped before the budget was exceeded"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Collector:
    """Hands out jobs as far as the money goes, and writes down what comes back."""

    def __init__(
        self,
        jobs: Sequence[Job],
        purse: Purse,
        prices: Prices,
        journal: Journal,
        progress: Progress,
    ) -> None:
        self._left = deque(jobs)
        self._num_jobs = len(jobs)
        self._purse, self._prices = purse, prices
        self._journal, self._progress = journal, progress
        self._promised: dict[str, float] = {}
        self._denied: set[str] = set()
        self._num_done = self._failures = 0
        self._stopping = False

    def run(self, teacher: Teacher) -> State:
        """Asks until everything is answered, the money is used up, or a person asks to stop.

        Raises:
            EndpointError: the endpoint refuses everything, or ten requests in a row failed.
        """
        for found in teacher.answers(self._take):
            if self._progress.should_stop() and not self._stopping:
                self._stopping = True
                self._progress.say("stopping: answers under way are still taken in")
                teacher.stop()
            if found is not None:
                self._record(found)
        if self._num_done == self._num_jobs:
            return State.COMPLETE
        return State.INTERRUPTED if self._stopping else State.BUDGET

    def lost(self, job: Job) -> bool:
        """Counts an attempt that may have been billed; whether there may be another."""
        amount = self._promised[job.key]
        self._journal.append(job.key, lost=amount)
        again = self._purse.lose(amount)
        if not again:
            self._denied.add(job.key)
        return again

    def _take(self) -> Job | None:
        if self._progress.should_stop() or not self._left:
            return None
        job = self._left[0]
        most = self._prices.most(job.messages, job.decoding.max_new_tokens)
        if not self._purse.promise(most):
            return None
        self._left.popleft()
        self._promised[job.key] = most
        if self._purse.budget is not None:
            self._journal.append(job.key, asked=most)
        return job

    def _record(self, found: Answered) -> None:
        job, done = found.job, found.completion
        most = self._promised.pop(job.key)
        if done is not None:
            cost = self._prices.paid(done, most)
            said = asdict(done)
            answer = said.pop("text")
            self._journal.append(job.key, answer=answer, cost=cost, date=_now(), **said)
            self._purse.settle(most, cost)
            self._failures = 0
        else:
            cost = most if found.lost and job.key not in self._denied else 0.0
            self._journal.append(job.key, cost=cost, date=_now(), **_failure(found))
            self._purse.settle(most, cost)
            self._failures += not found.unasked
        self._num_done += not found.unasked
        self._progress.advance("answers", self._num_done, self._num_jobs)
        if self._failures >= MAX_FAILURES_IN_A_ROW:
            raise EndpointError(
                f"{self._failures} requests in a row failed. The last: {found.failure}"
            )


def _failure(found: Answered) -> dict[str, Any]:
    if found.unasked:
        return {"unasked": found.failure}
    return {"failed": found.failure} | ({"permanent": True} if found.permanent else {})


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
