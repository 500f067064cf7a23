"""Stage `plan`: what will decide is frozen before training, and before a test item is seen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from whet.evals.arms import Arm
from whet.evals.plan import items_digest
from whet.evals.scorers import Setup, files_of
from whet.rundir import write_json
from whet.stages.arms import NEAREST, candidates, check_arms, wanted
from whet.stages.baselines import read_chosen
from whet.stages.frozen import rules_of
from whet.stages.job import Job
from whet.stages.judge.setup import rubric_of
from whet.stages.terms import frozen_plan


def freeze_plan(job: Job) -> None:
    """Writes `plan.json`: items, metric, margin, gates, decoding, and how each arm asks."""
    arms = planned_arms(job)
    check_arms(job, [arm.name for arm in arms])
    how = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(job.decoding).items()}
    asked = [{**asdict(arm), "kind": arm.kind.value} for arm in arms]
    record: dict[str, Any] = {"decoding": how, "judged": judged_split(job), "arms_asked": asked}
    if record["judged"] == "test":
        names = tuple(arm.name for arm in arms)
        record |= frozen_plan(job.config, job.dataset, names, job.decoding).to_json()
        record["rules"] = rules_of(job.config)
    else:
        record["items"] = items_digest([item.id for item in job.judged])
    record["scorer_files"] = files_of(Setup.of(job.config, job.project.root, None))
    if job.config.judge is not None:
        rubric = rubric_of(job.project, job.config.judge)
        record["judge"] = {
            "model": job.config.judge.model,
            "endpoint": job.config.judge.endpoint,
            "rubric": rubric.digest,
            "scale": rubric.scale,
            "passing": rubric.passing,
            "kappa_floor": job.config.judge.kappa_floor,
        }
    write_json(job.run.file("plan.json"), record)


def judged_split(job: Job) -> str:
    """The split whose answers the report shows."""
    return "validation" if job.options.smoke else job.options.judged


def planned_arms(job: Job) -> list[Arm]:
    """Every arm of the run, baselines first; candidates where something is, or will be, trained."""
    chosen = read_chosen(job)
    found = chosen.arms(job)
    if wanted(job, NEAREST.name) and job.dataset.train:
        found.append(NEAREST)
    if has_candidate(job):
        found += candidates(job, chosen.tuned_prompt, chosen.num_passages)
    return found


def has_candidate(job: Job) -> bool:
    """Whether there is, or will be, a trained model, an adapter or ready answers to judge."""
    if job.options.adapter or job.options.predictions:
        return True
    return job.run.record()["verb"] == "run" and not job.stored("choices.json")["stop"]
