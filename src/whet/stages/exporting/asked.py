"""What the proof asks a model: items of the project as its tuned arm asks them, and their metric.

Test items are never asked: an export is no look. Validation items are, and where there are none,
training rows; the two sides of a proof answer the same, so that nothing is learnt from it about
how good a model is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.data import Dataset
from whet.errors import WhetError
from whet.evals.arms import PLACE, Arm, ArmKind, ask
from whet.evals.choices import closed_set
from whet.evals.choose import validation_sample
from whet.evals.scorers import Setup, build, is_measured
from whet.project import Project
from whet.rundir import RunDir, read_json
from whet.stages.preparing import prepare
from whet.stages.samples import read_items
from whet.stages.terms import choosing_metric, form
from whet.types import Decoding, Example, Messages

Metric = Callable[[Sequence[str]], float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Prompts with their decoding, and the metric of their answers; `notices` say what lacks."""

    prompts: tuple[Messages, ...] = ()
    decoding: Decoding = field(default_factory=Decoding)
    system: str | None = None
    metric_name: str | None = None
    metric: Metric | None = None
    notices: tuple[str, ...] = ()


def asked_of(project: Project, run: RunDir | None, most: int) -> Asked:
    """At most so many items of a project, as its tuned arm asks them."""
    system = _tuned_prompt(project, run)
    generate = project.config.generate
    try:
        items, choices = _items(project, run, most)
        arm = Arm("tuned", ArmKind.CANDIDATE, system, uses_adapter=True)
        prompts = tuple(ask(arm, item) for item in items)
    except (WhetError, OSError) as error:
        first = str(error).splitlines()[0]
        notice = f"the project's items cannot be asked ({first}); the proof asks general questions"
        items, choices, prompts = [], (), ()
    else:
        notice = _of_tools(items)
    decoding = Decoding(generate.temperature, generate.max_new_tokens, generate.stop, choices, 0)
    name = choosing_metric(project.config)
    scorer = _metric(project, name, choices, items) if items else None
    return Asked(
        prompts,
        decoding,
        None if system and PLACE.search(system) else system,
        name if scorer else None,
        scorer,
        (notice,) if notice else (),
    )


def _tuned_prompt(project: Project, run: RunDir | None) -> str | None:
    """The tuned prompt that the run chose, or the project's first."""
    if run is not None and run.file("choices.json").is_file():
        chosen: dict[str, Any] = read_json(run.file("choices.json"))["chosen"]
        text: str | None = chosen["tuned_prompt"]
        return text
    names = project.config.prompt
    return project.read_text(names[0], "prompt") if names else project.config.task or None


def _items(
    project: Project, run: RunDir | None, most: int
) -> tuple[list[Example], tuple[str, ...]]:
    """Items, and the closed set that answers are chosen from (empty for none)."""
    kept = read_items(run, "validation") if run is not None else []
    setting = project.config.generate.choices
    dataset: Dataset | None = None
    if not kept or setting == "auto":
        dataset = prepare(project, lengths=False, masks=False)
    if not kept and dataset is not None:
        kept = list(dataset.validation or dataset.train)
    choices: tuple[str, ...] = ()
    if setting == "auto" and dataset is not None:
        choices = closed_set(dataset.train) or ()
    elif isinstance(setting, tuple):
        choices = setting
    return validation_sample(kept, most), choices


def _metric(
    project: Project, name: str | None, choices: tuple[str, ...], items: Sequence[Example]
) -> Metric | None:
    """The mean score of the first answers, one an item; further answers are not the project's."""
    if name is None or is_measured(name):
        return None
    scorer = build(Setup.of(project.config, project.root, form(project.config, choices)))[name]

    def mean(answers: Sequence[str]) -> float:
        scores = [scorer(a, item) for a, item in zip(answers, items, strict=False)]
        known = [value for value in scores if value is not None]
        return sum(known) / len(known) if known else 0.0

    return mean


def _of_tools(items: Sequence[Example]) -> str:
    count = sum(bool(item.tools) for item in items)
    return f"{count} items offer tools; the proof asks them without" if count else ""


def template_file(project: Project) -> Path | None:
    """The file that replaces the model's own chat template."""
    return project.path(project.config.template) if project.config.template else None
