"""Stage `failures`: where the best arm goes wrong on validation items, and what the data lacks.

Only validation items are read: a test item that is shown item by item would be opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from whet.evals.arms import Arm, ArmKind
from whet.evals.case import JudgedArm, cheapest_first
from whet.evals.failures import FORMAT, Answer, Material, analyse
from whet.evals.scorers import RIGHT_OR_WRONG, leading
from whet.rundir import write_json
from whet.stages.arms import prompts_of
from whet.stages.job import Job
from whet.stages.terms import form
from whet.stages.validation import Answered, validation_answers
from whet.types import Example

FILE = "failures.json"


def analyse_failures(job: Job) -> None:
    """Writes `failures.json`; where there is nothing to analyse it says why."""
    found = _answered(job)
    why = ""
    if not job.validation:
        why = "there are no validation items, and test items stay unseen"
    elif not found:
        why = "no arm has answered validation items"
    write_json(job.run.file(FILE), {"format": FORMAT, "why": why} if why else _analysis(job, found))


def _answered(job: Job) -> dict[str, Answered]:
    """The arms whose stored answers are those to the validation items of this run."""
    ids = [item.id for item in job.validation]
    return {
        name: each
        for name, each in validation_answers(job.run, job.config).items()
        if [sample.id for sample in each.samples] == ids
    }


def _analysis(job: Job, found: Mapping[str, Answered]) -> dict[str, Any]:
    arm, *others = _ranked(found)
    metric, holds = leading(job.config.eval), form(job.config, job.decoding.choices)
    material = Material(
        metric,
        metric in RIGHT_OR_WRONG,
        arm,
        others,
        job.validation,
        {name: _answers(job, each) for name, each in found.items()},
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


def _ranked(found: Mapping[str, Answered]) -> list[str]:
    """The best candidate, or the best baseline without one, then the others, the best first."""
    order = {ArmKind.CANDIDATE: 0, ArmKind.BASELINE: 1, ArmKind.CONTROL: 2}
    cheap = cheapest_first([JudgedArm(name, each.arm.kind) for name, each in found.items()])

    def rank(name: str) -> tuple[int, float]:
        scored = [value for value in found[name].scores if value is not None]
        return order[found[name].arm.kind], -fmean(scored) if scored else 1.0

    return sorted((arm.name for arm in cheap), key=rank)


def _answers(job: Job, each: Answered) -> list[Answer]:
    both = list(zip(job.validation, each.samples, each.scores, strict=True))
    given = _given(job, each.arm, [item for item, _, value in both if _below(value)])
    return [
        Answer(sample.answer, value, sample.finish_reason, given.get(item.id, ""))
        for item, sample, value in both
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
