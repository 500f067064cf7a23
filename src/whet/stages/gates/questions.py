"""The general gate's measurement: the user's own questions, asked before and after training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.data.dataset import fault_lines
from whet.data.reading.read import read
from whet.errors import ConfigError, DataError
from whet.evals.scorers import Scorer, Setup, score, scorer
from whet.progress import check_stop
from whet.project import Project
from whet.stages.job import Job
from whet.stages.terms import form
from whet.types import Completer, Decoding, Example

SETTING = "gates.general.questions"
SMOKE_QUESTIONS = 4


def read_questions(project: Project) -> list[Example]:
    """The questions with their answers, equal ones once.

    Raises:
        ConfigError: the file is missing, or the metric is not known.
        DataError: rows that cannot be used.
    """
    gate = project.config.gates.general
    assert gate is not None and gate.questions is not None, "asked for only where they are named"
    if not project.path(gate.questions).is_file():
        raise ConfigError(f"{SETTING}: {project.path(gate.questions)}: no such file.")
    _scorer(project)
    found = read([gate.questions], root=project.root)
    if found.errors:
        raise DataError([f"{SETTING}:", *fault_lines(found.errors)])
    if not found.examples:
        raise DataError(f"{SETTING}: {gate.questions}: no question in it.")
    return list({example.id: example for example in found.examples}.values())


def _scorer(project: Project) -> Scorer:
    gate, asked = project.config.gates.general, form(project.config, ())
    assert gate is not None
    return scorer(gate.metric, form=asked, setup=Setup.of(project.config, project.root, asked))


def measure_questions(job: Job) -> dict[str, Any]:
    """Answers and scores without and with what was trained.

    Asked as they stand in the file, with its own system message if it has one: what is asked here
    is not the project's task.
    """
    gate = job.config.gates.general
    assert gate is not None
    items = read_questions(job.project)
    items = items[:SMOKE_QUESTIONS] if job.options.smoke else items
    job.progress.say(f"general: {len(items)} of your own questions, before and after")
    told: dict[str, Any] = {"ids": [item.id for item in items], "metric": gate.metric}
    told["groups"] = [item.group for item in items]
    for when, completer in (("before", job.models.base()), ("after", job.models.tuned())):
        answers = _answers(job, completer, items, gate.max_new_tokens)
        told |= {
            when: score(_scorer(job.project), answers, items).values,
            f"answers_{when}": answers,
        }
    return told


def _answers(
    job: Job, completer: Completer, items: Sequence[Example], max_new_tokens: int
) -> list[str]:
    check_stop(job.progress)
    how = Decoding(max_new_tokens=max_new_tokens, stop=job.config.generate.stop)
    return [done.text for done in completer.complete([item.prompt for item in items], how)]
