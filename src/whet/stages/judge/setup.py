"""The judge as the project names it: its rubric, people's labels, and what contradicts itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from whet.config import Config, JudgeConfig
from whet.data.reading.strict_json import InvalidJSON, parse
from whet.errors import ConfigError, DataError
from whet.evals.judge.calibration import JudgeCalibration
from whet.evals.judge.labels import Label, read_labels
from whet.evals.judge.rubric import GENERAL, GENERAL_NAME, Rubric, usual_passing
from whet.project import Project
from whet.stages.terms import JUDGE, PREFERENCE

KEY_IN_ADDRESS = (
    "judge.endpoint: the address holds a name, key or query. Put the key into an environment"
    " variable and name it under judge.api_key_env."
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """What calibrates: labels with their own answers, or the calibration of an earlier run."""

    labels: list[Label]
    num_draws: int = 0
    named: Mapping[str, Any] | None = None


def check_judge(project: Project) -> None:
    """Refuses a judge that cannot work, before anything is spent.

    Raises:
        ConfigError: keys contradict each other, or a file or the key's variable is missing.
        DataError: the labels are none.
    """
    config, settings = project.config, project.config.judge
    faults = _missing(config)
    if settings is not None:
        parts = urlsplit(settings.endpoint or "")
        if parts.username or parts.password or parts.query:
            faults.append(KEY_IN_ADDRESS)
        name = settings.api_key_env
        if name and not os.environ.get(name, "").strip():
            faults.append(f"judge.api_key_env: the environment variable {name} is not set.")
    if faults:
        raise ConfigError(faults)
    if settings is not None:
        rubric = rubric_of(project, settings)
        labelled_of(project, settings, rubric)


def _missing(config: Config) -> list[str]:
    """What the primary metric needs of the judge and is not there."""
    settings, primary = config.judge, config.eval.primary
    by_judge = config.eval.preference_from == "judge"
    needed = "score" if primary == JUDGE else "pairwise" if by_judge else None
    what = f"eval.primary: {primary}" if primary == JUDGE else "eval.preference_from: judge"
    faults = []
    if by_judge and primary != PREFERENCE:
        faults.append("eval.preference_from: judge goes with eval.primary: preference.")
    if needed and settings is None:
        faults.append(f"{what} needs a judge: name its model under judge.model.")
    elif needed and settings is not None and needed not in settings.mode:
        faults.append(f"{what} needs judge.mode to hold {needed}.")
    if JUDGE in config.eval.metrics and (settings is None or "score" not in settings.mode):
        faults.append("eval.metrics: judge needs a judge: name it under judge:, mode score.")
    if PREFERENCE in config.eval.metrics:
        faults.append("eval.metrics: preference is between two arms: it can only be eval.primary.")
    if config.gates.judge and (settings is None or "score" not in settings.mode):
        faults.append("gates.judge needs a judge: name it under judge:, its mode to hold score.")
    if (primary == JUDGE or by_judge) and choosing_fault(config):
        faults.append(choosing_fault(config))
    return faults


def choosing_fault(config: Config) -> str:
    """Why nothing could be chosen on validation; empty where it can."""
    if set(config.eval.metrics) - {JUDGE, PREFERENCE}:
        return ""
    return "eval.metrics: name a metric beside the judge; prompts are chosen by it on validation."


def rubric_of(project: Project, settings: JudgeConfig) -> Rubric:
    """The rubric and its scale.

    Raises:
        ConfigError: the file is missing or empty.
    """
    passing = settings.passing or usual_passing(settings.scale)
    if settings.rubric is None:
        return Rubric(GENERAL, GENERAL_NAME, settings.scale, passing)
    text = project.read_text(settings.rubric, "judge.rubric")
    return Rubric(text, settings.rubric, settings.scale, passing)


def labelled_of(project: Project, settings: JudgeConfig, rubric: Rubric) -> Labelled:
    """What `judge.calibration` names.

    Raises:
        ConfigError: the file is missing.
        DataError: labels without their answers, or lines that are no labels.
        RunError: a calibration that is none, or is newer.
    """
    if settings.calibration is None:
        return Labelled([])
    path = project.path(settings.calibration)
    if not path.is_file():
        raise ConfigError(f"judge.calibration: {path}: missing.")
    if path.suffix == ".json":
        try:
            value = parse(path.read_text(encoding="utf-8"))
        except (InvalidJSON, UnicodeDecodeError) as error:
            raise DataError(f"judge.calibration: {path}: {error}") from None
        found = JudgeCalibration.from_json(value, f"judge.calibration: {path}")
        return Labelled([], named=found.to_json())
    labels, draws = read_labels(path, scale=settings.scale, passing=rubric.passing)
    bare = [label for label in labels if label.answers is None]
    if bare:
        shown = ", ".join(label.item for label in bare[:5])
        raise DataError(
            f"judge.calibration: {path}: {len(bare)} of {len(labels)} labels have no answers beside"
            f" them (items {shown}): they are of the answers of one run. Add `question` and"
            " `answer` (for pairs `answers`) to each, or put the file into that run's folder as"
            " judge/labels.jsonl and run: whet verdict RUN"
        )
    return Labelled(labels, draws)
