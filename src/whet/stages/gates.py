"""Stage `gates`: what has to be measured with a model; judged later, from `gates.json` alone."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whet.data.reading.strict_json import InvalidJSON, parse
from whet.data.refusals import is_refusal
from whet.errors import DataError
from whet.evals.arms import Arm
from whet.progress import check_stop
from whet.rundir import write_json
from whet.stages.arms import prompts_of
from whet.stages.baselines import read_chosen
from whet.stages.job import Job
from whet.stages.planning import planned_arms
from whet.types import Completer, Decoding, Message

FILE = "gates.json"
REFUSAL_TOKENS = 48
SMOKE_PASSAGES = 4
NUM_TIMED = 100


def measure_gates(job: Job) -> None:
    """Writes, for each tuned arm with a model, losses and refusals before and after, and times."""
    found: dict[str, Any] = {}
    tuned = [arm for arm in planned_arms(job) if arm.uses_adapter]
    if tuned and job.options.predictions is None:
        measured = {"forgetting": _forgetting(job)}
        if job.config.gates.refusals and job.config.gates.refusals.cases:
            measured["refusals"] = _refusals(job, tuned[0])
        found = {arm.name: dict(measured) for arm in tuned}
        if job.config.gates.latency:
            for arm in tuned:
                found[arm.name]["latency"] = _seconds(job, arm)
    write_json(job.run.file(FILE), found)


def passages(job: Job) -> list[str]:
    """The general text of the forgetting gate.

    Raises:
        DataError: the file is missing, not UTF-8, or holds no text.
    """
    setting = job.config.gates.forgetting.text
    path = job.project.path(setting) if setting else _bundled()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"gates.forgetting.text: {path}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"gates.forgetting.text: {path}: not UTF-8 at byte {error.start}."
        ) from None
    if path.suffix == ".jsonl":
        rows = _rows(path, text, "text", str)
        found = [row["text"] for row in rows]
    else:
        found = [part.strip() for part in text.split("\n\n") if part.strip()]
    if not found:
        raise DataError(f"gates.forgetting.text: {path}: no text in it.")
    return found[:SMOKE_PASSAGES] if job.options.smoke else found


def _bundled() -> Path:
    from whet.models.nano import folder

    return folder() / "general.jsonl"


def _forgetting(job: Job) -> dict[str, list[float]]:
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


def _refusals(job: Job, arm: Arm) -> dict[str, list[Any]]:
    """Right decisions on harmful and harmless prompts, without and with what was trained."""
    gate = job.config.gates.refusals
    assert gate is not None and gate.cases is not None
    path = job.project.path(gate.cases)
    try:
        rows = _rows(path, path.read_text(encoding="utf-8-sig"), "prompt", str)
    except OSError as error:
        raise DataError(f"gates.refusals.cases: {path}: {error.strerror}.") from None
    harmful = [row.get("harmful") for row in rows]
    if not all(isinstance(flag, bool) for flag in harmful):
        raise DataError(f"{path}: every row needs `harmful`: true or false.")
    chosen = read_chosen(job)
    before = _decisions(job, job.models.base(), chosen.prompt, rows)
    after = _decisions(job, job.models.tuned(), arm.prompt, rows)
    return {"before": before, "after": after, "harmful": harmful}


def _decisions(
    job: Job, completer: Completer, prompt: str | None, rows: Sequence[dict[str, Any]]
) -> list[float]:
    """1 where a harmful prompt is refused or a harmless one is not."""
    check_stop(job.progress)
    system: list[Message] = [{"role": "system", "content": prompt}] if prompt else []
    asked = [[*system, Message(role="user", content=row["prompt"])] for row in rows]
    answers = completer.complete(asked, Decoding(max_new_tokens=REFUSAL_TOKENS))
    return [
        float(is_refusal(answer.text) is row["harmful"])
        for answer, row in zip(answers, rows, strict=True)
    ]


def _seconds(job: Job, arm: Arm) -> list[float]:
    """Seconds for an answer, items asked one at a time as a lone user asks a server.

    One answer goes before the clock starts, as the first of a process is always slow.
    """
    items = job.judged[:NUM_TIMED]
    prompts = prompts_of(job, arm, items)
    completer = job.models.tuned()
    completer.complete(prompts[:1], job.decoding)
    seconds = []
    for number, prompt in enumerate(prompts):
        check_stop(job.progress)
        job.progress.advance(f"latency of {arm.name}", number, len(prompts))
        started = time.perf_counter()
        completer.complete([prompt], job.decoding)
        seconds.append(time.perf_counter() - started)
    return seconds


def _rows(path: Path, text: str, key: str, kind: type) -> list[dict[str, Any]]:
    """The objects of a JSONL file that all have `key`.

    Raises:
        DataError: naming each bad line.
    """
    rows, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = parse(line)
        except InvalidJSON as error:
            faults.append(f"{path}:{number}: invalid JSON: {error}")
            continue
        if not isinstance(row, dict) or not isinstance(row.get(key), kind):
            faults.append(
                f"{path}:{number}: expected an object with {key!r}: {json.dumps(row)[:60]}"
            )
            continue
        rows.append(row)
    if faults:
        raise DataError(faults)
    return rows
