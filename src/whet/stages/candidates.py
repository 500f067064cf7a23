"""Stage `candidates`: the tuned arms on validation, then one look at the test items by all arms."""

from __future__ import annotations

from whet.evals.looks import lacking, read, record
from whet.stages.arms import answer
from whet.stages.frozen import answers_digests
from whet.stages.job import Job
from whet.stages.looking import looks_of_runs
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
    number = _look(job)
    job.run.note(look=number)
    for arm in arms:
        answer(job, arm, job.dataset.test, "test")
    job.run.note(answers=answers_digests(job.run, [arm.name for arm in arms], "test"))


def _look(job: Job) -> int:
    """Writes the look down; those that runs record and the file lacks are put back, and told."""
    path = job.project.root / "looks.jsonl"
    lost = lacking(read(path), looks_of_runs(job.project.root))
    if lost:
        names = ", ".join(look.run.split(" ")[0] for look in lost)
        job.warn(f"looks.jsonl lacked the looks of {names}; they count, and were put back.")
    return record(
        path,
        [item.id for item in job.dataset.test],
        f"{job.run.path.name} {job.run.record()['created']}",
        others=lost,
    )


def _pointless(job: Job) -> bool:
    """True where the test set could show nothing, so that no look is spent."""
    stop = job.stored("choices.json")["stop"]
    return bool(stop and stop["kind"] == "test_too_small")
