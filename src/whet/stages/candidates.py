"""Stage `candidates`: the tuned arms on validation, then one look at the test items by all arms."""

from __future__ import annotations

from whet.evals.looks import record
from whet.stages.arms import answer
from whet.stages.job import Job
from whet.stages.planning import judged_split, planned_arms


def answer_all(job: Job) -> None:
    """Writes every arm's answers: of the candidates on validation, of all arms on the judged split.

    The look is written down before the first test item is asked.
    """
    arms = planned_arms(job)
    if judged_split(job) == "validation":
        for arm in arms:
            answer(job, arm, job.validation, "validation")
        return
    for arm in arms:
        if arm.uses_adapter and job.validation and job.options.predictions is None:
            answer(job, arm, job.validation, "validation")
    if _pointless(job):
        return
    number = record(
        job.project.root / "looks.jsonl",
        [item.id for item in job.dataset.test],
        f"{job.run.path.name} {job.run.record()['created']}",
    )
    job.run.note(look=number)
    for arm in arms:
        answer(job, arm, job.dataset.test, "test")


def _pointless(job: Job) -> bool:
    """True where the test set could show nothing, so that no look is spent."""
    stop = job.stored("choices.json")["stop"]
    return bool(stop and stop["kind"] == "test_too_small")
