"""Every gate that needs a model, measured for each tuned arm, into `gates.json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whet.evals.arms import Arm
from whet.project import Project
from whet.rundir import write_json
from whet.stages.gates.benchmarks import measure_ability, read_benchmarks
from whet.stages.gates.cases import read_cases
from whet.stages.gates.questions import measure_questions, read_questions
from whet.stages.gates.refusing import measure_refusals
from whet.stages.gates.text import measure_losses, read_passages
from whet.stages.gates.timing import measure_seconds
from whet.stages.job import Job
from whet.stages.planning import planned_arms

FILE = "gates.json"


def check_gate_files(project: Project) -> None:
    """Reads every file that a gate names, so that a mistake is found before anything is spent.

    Raises:
        ConfigError, DataError: a file is missing or wrong.
        MissingExtraError: a package that a gate needs is missing.
    """
    gates = project.config.gates
    read_passages(project)
    if gates.ability:
        read_benchmarks(project)
    if gates.general and gates.general.questions:
        read_questions(project)
    if gates.refusals and gates.refusals.cases:
        read_cases(project)


def measure_gates(job: Job) -> None:
    """Writes, for each tuned arm with a model, what its gates will be judged by."""
    found: dict[str, Any] = {}
    tuned = [arm for arm in planned_arms(job) if arm.uses_adapter]
    if tuned and job.options.predictions is None:
        measured = {name: measure(job) for name, measure in _of_the_model(job, tuned[0]).items()}
        found = {arm.name: dict(measured) for arm in tuned}
        if job.config.gates.latency:
            for arm in tuned:
                found[arm.name]["latency"] = measure_seconds(job, arm)
    write_json(job.run.file(FILE), found)


def _of_the_model(job: Job, arm: Arm) -> dict[str, Callable[[Job], Any]]:
    """What is measured once for all tuned arms, which are one model asked in several ways."""
    gates = job.config.gates
    found: dict[str, Callable[[Job], Any]] = {"forgetting": measure_losses}
    if gates.ability and any(
        (gates.ability.mmlu, gates.ability.gsm8k, gates.ability.ifeval, gates.ability.humaneval)
    ):
        found["ability"] = measure_ability
    if gates.general and gates.general.questions:
        found["general"] = measure_questions
    if gates.refusals and gates.refusals.cases:
        found["refusals"] = lambda job: measure_refusals(job, arm)
    return found
