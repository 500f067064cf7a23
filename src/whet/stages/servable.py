"""Whether the place of serving takes what a project trains, asked before anything is trained."""

from __future__ import annotations

from whet.artifacts.rules.finding import Finding, Level
from whet.artifacts.rules.lint import lint_plan
from whet.errors import ConfigError
from whet.models.files import find_here
from whet.progress import Progress
from whet.project import Project
from whet.stages.base_model import model_name

KEYS = {
    "use_dora": "train.dora",
    "rank": "train.rank",
    "target_modules": "train.target_modules",
    "qlora": "train.method",
    "model": "model",
}
"""Where whet.yaml has what a rule speaks of; others are told as of `serve_on`."""


def check_servable(project: Project, progress: Progress) -> None:
    """Refuses what the server of `serve_on` cannot take; what it takes but partly is told.

    Raises:
        ConfigError: an adapter trained so could not be served there; every reason is told.
    """
    config = project.config
    findings = lint_plan(config, find_here(model_name(project)))
    faults = [_told(f, config.serve_on) for f in findings if f.level is Level.REFUSED]
    if faults:
        raise ConfigError(faults)
    for finding in findings:
        if finding.level is Level.WARNING:
            progress.say(_told(finding, config.serve_on))


def _told(finding: Finding, target: str) -> str:
    key = KEYS.get(finding.rule, "serve_on")
    return f"{key}: {finding.text} (serve_on: {target})"
