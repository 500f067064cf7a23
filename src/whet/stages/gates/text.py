"""The forgetting gate's measurement: loss on fixed general text, passage by passage."""

from __future__ import annotations

from pathlib import Path

from whet.errors import DataError
from whet.evals.benchmarks.records import json_records, read_text
from whet.project import Project
from whet.stages.job import Job

SETTING = "gates.forgetting.text"
SMOKE_PASSAGES = 4


def passages(job: Job) -> list[str]:
    """The general text of the forgetting gate.

    Raises:
        ConfigError, DataError: the file is missing, not UTF-8, or holds no text.
    """
    found = read_passages(job.project)
    return found[:SMOKE_PASSAGES] if job.options.smoke else found


def read_passages(project: Project) -> list[str]:
    """All passages of the file that the project names, or of the bundled one."""
    setting = project.config.gates.forgetting.text
    path = project.path(setting) if setting else _bundled()
    if path.suffix == ".jsonl":
        return [row.values["text"] for row in json_records(path, SETTING, {"text": str})]
    text = read_text(path, SETTING)
    found = [part.strip() for part in text.split("\n\n") if part.strip()]
    if not found:
        raise DataError(f"{SETTING}: {path}: no text in it.")
    return found


def _bundled() -> Path:
    from whet.models.nano import folder

    return folder() / "general.jsonl"


def measure_losses(job: Job) -> dict[str, list[float]]:
    """Mean loss of each passage in nats per token, without and with what was trained."""
    from whet.rows.text import render_passages
    from whet.training.evaluation import token_losses

    tuned, base = job.models.tuned_model, job.models.base_model
    length = min(1024, base.max_positions)
    rendered = render_passages(passages(job), base.tokenizer, max_length=length)
    job.progress.say(f"forgetting: loss on {len(rendered)} passages of general text")
    with job.models.without_adapter():
        before = token_losses(base.model, rendered, should_stop=job.progress.should_stop).means
    after = token_losses(tuned.model, rendered, should_stop=job.progress.should_stop).means
    return {"before": before.tolist(), "after": after.tolist()}
