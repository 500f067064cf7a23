"""What the stages of one run share: the project, the folder, the data, and parts loaded once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import Config
from whet.data import Dataset
from whet.evals.choose import validation_sample
from whet.evals.scorers import Scorer, Setup, build
from whet.progress import Progress, check_stop
from whet.project import Project
from whet.rundir import RunDir, read_json
from whet.stages.measures import load_measure
from whet.stages.terms import form
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
        if metric not in self._measures:
            self._measures[metric] = load_measure(metric, self.project, self.embedder)
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
