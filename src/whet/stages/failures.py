"""Stage `failures`: where the best arm goes wrong on validation items, and what the data lacks.

Only validation items are read: a test item that is shown item by item would be opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from whet.evals.arms import Arm, ArmKind
from whet.evals.case import JudgedArm, cheapest_first
from whet.evals.failures import FORMAT, Answer, Material, analyse
from whet.evals.scorers import RIGHT_OR_WRONG
from whet.rundir import read_jsonl, write_json
from whet.stages.arms import Sample, prompts_of, scores
from whet.stages.job import Job
from whet.stages.planning import planned_arms
from whet.stages.preparing import form
from whet.types import Example

FILE = "failures.json"


def analyse_failures(job: Job) -> None:
    """Writes `failures.json`; where there is nothing to analyse it says why."""
    why = _why_not(job)
    found = {} if why else _answered(job)
    if not why and not found:
        why = "no arm has answered validation items"
    write_json(job.run.file(FILE), {"format": FORMAT, "why": why} if why else _analysis(job, found))


def _why_not(job: Job) -> str:
    return "" if job.validation else "there are no validation items, and test items stay unseen"


Answered = dict[str, tuple[Arm, list[Sample], list[float | None]]]


def _answered(job: Job) -> Answered:
    """Each arm with its validation answers and their scores."""
    metric = _metric(job)
    found: Answered = {}
    for arm in planned_arms(job):
        path = job.run.samples(arm.name, "validation")
        samples = [Sample(**row) for row in read_jsonl(path)] if path.is_file() else []
        if [sample.id for sample in samples] == [item.id for item in job.validation]:
            values = scores(job, metric, samples, job.validation).values
            found[arm.name] = (arm, samples, values)
    return found


def _metric(job: Job) -> str:
    return job.config.eval.primary or job.config.eval.metrics[0]


def _analysis(job: Job, found: Answered) -> dict[str, Any]:
    arm, *others = _ranked(found)
    metric, holds = _metric(job), form(job.config, job.decoding.choices)
    material = Material(
        metric,
        metric in RIGHT_OR_WRONG,
        arm,
        others,
        job.validation,
        {name: _answers(job, *rows) for name, rows in found.items()},
        job.dataset.train,
        job.decoding.choices,
        (lambda text, item: bool(holds(text, item))) if holds else None,
        job.decoding.max_new_tokens,
        job.embedder.embed if job.embedder is not None else None,
    )
    result = analyse(material)
    count, total = result["wrong"], result["items"]
    job.progress.say(f"{arm}: {count} of {total} validation answers are wrong; {FILE} says how")
    return result


def _ranked(found: Answered) -> list[str]:
    """The best candidate, or the best baseline without one, then the others, the best first."""
    order = {ArmKind.CANDIDATE: 0, ArmKind.BASELINE: 1, ArmKind.CONTROL: 2}
    cheap = cheapest_first([JudgedArm(name, arm.kind) for name, (arm, _, _) in found.items()])

    def rank(name: str) -> tuple[int, float]:
        arm, _, values = found[name]
        scored = [value for value in values if value is not None]
        return order[arm.kind], -fmean(scored) if scored else 1.0

    return sorted((arm.name for arm in cheap), key=rank)


def _answers(
    job: Job, arm: Arm, samples: Sequence[Sample], values: Sequence[float | None]
) -> list[Answer]:
    given = _given(job, arm, [i for i, v in zip(job.validation, values, strict=True) if _below(v)])
    return [
        Answer(sample.answer, value, sample.finish_reason, given.get(item.id, ""))
        for item, sample, value in zip(job.validation, samples, values, strict=True)
    ]


def _below(value: float | None) -> bool:
    return value is not None and value < 1


def _given(job: Job, arm: Arm, items: Sequence[Example]) -> dict[str, str]:
    """All text that an arm was given, by item; nothing for the control and for ready answers."""
    ready = arm.name in job.config.arms and job.config.arms[arm.name].predictions
    foreign = arm.kind is ArmKind.CANDIDATE and job.options.predictions
    if arm.kind is ArmKind.CONTROL or ready or foreign or not items:
        return {}
    asked = prompts_of(job, arm, items)
    return {
        item.id: "\n".join(turn["content"] for turn in turns)
        for item, turns in zip(items, asked, strict=True)
    }
