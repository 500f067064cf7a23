"""What the stages of one run share: the project, the folder, the data, and parts loaded once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import Config
from whet.configfile import dump_yaml, read_config
from whet.data import Dataset
from whet.errors import ConfigError, RunError
from whet.evals.choose import validation_sample
from whet.evals.scorers import Scorer, Setup, build
from whet.launch import refuse_several
from whet.progress import Progress, check_stop
from whet.project import Project, open_project
from whet.rundir import RunDir, State, read_json, write_text
from whet.stages.judge.setup import check_judge
from whet.stages.metrics import check_metrics
from whet.stages.preparing import decoding, form, frozen_plan, prepare
from whet.stages.servable import check_servable
from whet.types import Decoding, Example

if TYPE_CHECKING:
    from whet.evals.scorers.likeness.similarity import Measure
    from whet.retrieval import Embedder, Index, Neighbours
    from whet.stages.models import Models
    from whet.training.distributed import Ranks


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for beside the configuration; kept in `run.json`, so that resuming keeps it.

    `judged` is the split whose answers the report shows. `adapter` and `predictions` are a
    candidate from elsewhere; `arms` limits which are run; none means all.
    """

    judged: str = "test"
    smoke: bool = False
    train_anyway: bool = False
    adapter: str | None = None
    predictions: str | None = None
    arms: tuple[str, ...] = ()


@dataclass(eq=False)
class Job:
    """One run at work."""

    project: Project
    run: RunDir
    options: Options
    progress: Progress
    dataset: Dataset
    decoding: Decoding
    warnings: list[str] = field(default_factory=list)
    ranks: Ranks | None = None
    accept_changes: bool = False
    _measures: dict[str, Measure] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        return self.project.config

    @cached_property
    def validation(self) -> list[Example]:
        """The validation items that choices are made on, at most `eval.validation_items`."""
        budget = self.config.eval.validation_items
        return validation_sample(self.dataset.validation, budget)

    @property
    def judged(self) -> list[Example]:
        """The items whose answers the report shows."""
        return self.dataset.test if self.options.judged == "test" else self.validation

    @property
    def cache(self) -> Path:
        """Where answers and embeddings are kept between runs."""
        return self.project.root / "runs" / ".cache"

    @property
    def abstain(self) -> bool:
        """Whether arms with passages may say that they do not know; not among fixed choices."""
        return not self.decoding.choices

    @cached_property
    def scorers(self) -> dict[str, Scorer]:
        """A scorer for every metric that needs no model."""
        asked_form = form(self.config, self.decoding.choices)
        return build(Setup.of(self.config, self.project.root, asked_form))

    def measure(self, metric: str) -> Measure:
        """What measures a metric that needs a model, loaded once."""
        from whet.stages.scoring import measure_of

        if metric not in self._measures:
            self._measures[metric] = measure_of(self, metric)
        return self._measures[metric]

    @cached_property
    def models(self) -> Models:
        """The base and the tuned model, loaded when they are first asked for."""
        from whet.stages.models import Models

        return Models(self.project, self.run, self.progress, self.options.adapter)

    @cached_property
    def embedder(self) -> Embedder | None:
        """MiniLM, or None where its package is not installed, which is said once."""
        from whet.retrieval import NO_EMBEDDER, find_embedder

        found = find_embedder(self.cache / "embeddings")
        if found is None:
            self.warn(NO_EMBEDDER)
        return found

    @cached_property
    def neighbours(self) -> Neighbours:
        """Finds training examples that are similar to a question."""
        from whet.retrieval import Neighbours

        return Neighbours(self.dataset.train, self.embedder)

    @cached_property
    def index(self) -> Index:
        """Finds passages of the project's documents."""
        from whet.retrieval import build_index

        rag = self.config.rag
        assert rag is not None, "only asked for where the project has documents"
        found = build_index(self.project.path(rag.documents), self.embedder)
        if found.skipped:
            self.warn(f"rag.documents: passed over {', '.join(found.skipped[:5])}.")
        return found

    def stored(self, name: str) -> dict[str, Any]:
        """What an earlier stage wrote."""
        values: dict[str, Any] = read_json(self.run.file(name))
        return values

    def warn(self, text: str) -> None:
        """Says something once, and keeps it for the report."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.progress.say(f"note: {text}")


Stage = tuple[str, Callable[[Job], object]]
"""A name, and a function whose result is in the run folder."""


def start(
    source: Config | str | Path,
    overrides: Sequence[str],
    verb: str,
    options: Options,
    progress: Progress,
    root: str | Path | None = None,
) -> Job:
    """A job in a new run folder, or the job of the run folder that `source` names.

    Raises:
        ConfigError, DataError, ModelError: the project cannot be run; no folder was made.
        RunError: the run is complete, or is no run of this verb.
    """
    if verb != "train":
        refuse_several(verb)
    if isinstance(source, str | Path) and (Path(source) / "run.json").is_file():
        return resume(RunDir(Path(source)), overrides, verb, progress)
    project = open_project(source, overrides, root)
    dataset = prepare(project, smoke=options.smoke)
    how = decoding(project.config, dataset)
    check_metrics(project, dataset, how)
    check_servable(project, progress)
    check_judge(project)
    if verb != "train":
        from whet.stages.gates import check_gate_files

        check_gate_files(project)
    if verb != "train" and options.judged == "test" and not options.smoke:
        frozen_plan(project.config, dataset, (), how)
    if verb == "eval" and options.judged == "validation" and not dataset.validation:
        raise ConfigError(
            "whet eval looks at validation items, and there are none. Add data.split.validation:"
            " 0.1, or spend a look at the test set: --split test."
        )
    run = RunDir.create(project.root, verb)
    write_text(run.config, dump_yaml(project.config))
    values = {name: getattr(options, name) for name in Options.__slots__}
    run.note(options=values, data_version=dataset.version)
    progress.say(f"{run.path}")
    return Job(project, run, options, progress, dataset, how)


CHANGED_ON_THE_WAY = ("judge.budget", "judge.sample")
"""How much is judged may change while a run is stopped: more money, or fewer items."""


def resume(run: RunDir, overrides: Sequence[str], verb: str, progress: Progress) -> Job:
    """The job of a run that stopped, with the configuration and data it was started with.

    Raises:
        ConfigError: overrides are given; a run keeps its own configuration, but for what decides
            nothing (`CHANGED_ON_THE_WAY`).
        RunError: the run is complete, is of another verb, or its data have changed.
    """
    record = run.record()
    fixed = [name for o in overrides if (name := o.split("=")[0]) not in CHANGED_ON_THE_WAY]
    if fixed:
        raise ConfigError(
            f"{run.path} goes on with its own config.yaml. Start a new run to change"
            f" {', '.join(fixed)}."
        )
    if record["verb"] != verb:
        raise RunError(f"{run.path} was made by `whet {record['verb']}`: go on with that verb.")
    if run.state is State.COMPLETE:
        raise RunError(f"{run.path} is complete. See it with: whet report {run.path}")
    if overrides:
        write_text(run.config, dump_yaml(read_config(run.config, overrides)))
        run.note(changed=[*record.get("changed", []), *overrides])
    job = reopen(run, progress)
    progress.say(f"{run.path}: going on after {', '.join(record['stages']) or 'the beginning'}")
    return job


def reopen(run: RunDir, progress: Progress) -> Job:
    """The job of a run that is there, in whatever state.

    Raises:
        RunError: its data have changed.
    """
    record = run.record()
    values = record["options"]
    options = Options(**{**values, "arms": tuple(values["arms"])})
    project = open_project(run.config, root=run.root)
    dataset = prepare(project, smoke=options.smoke)
    if dataset.version != record["data_version"]:
        raise RunError(
            f"{run.path}: the data have changed since this run began (version"
            f" {record['data_version']}, now {dataset.version}). Start a new run."
        )
    how = decoding(project.config, dataset)
    return Job(project, run, options, progress, dataset, how, list(record.get("warnings", [])))


def work(job: Job, stages: Sequence[Stage]) -> None:
    """Runs every stage that is not complete, under the run's lock."""
    with job.run.working():
        for name, stage in stages:
            if job.run.done(name):
                continue
            check_stop(job.progress)
            started = time.monotonic()
            stage(job)
            job.run.note(warnings=job.warnings)
            job.run.finish(name, time.monotonic() - started)
