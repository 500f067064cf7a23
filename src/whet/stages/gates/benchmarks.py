"""The ability gate's measurement: public benchmarks, asked before and after training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whet.config import AbilityGate
from whet.evals.benchmarks.asking import ItemScore, ask, require_bench
from whet.evals.benchmarks.code import NO_CONSENT, ask_code
from whet.evals.benchmarks.files import (
    Benchmark,
    read_gsm8k,
    read_humaneval,
    read_ifeval,
    read_mmlu,
)
from whet.evals.benchmarks.instructions import has_sentences
from whet.evals.benchmarks.sandbox import require_sandbox, without_network
from whet.progress import check_stop
from whet.project import Project
from whet.stages.job import Job

if TYPE_CHECKING:
    from whet.evals.benchmarks.model import BenchmarkModel
    from whet.models.load import LoadedModel

CODE = "humaneval"
SMOKE_ITEMS = 2


def read_benchmarks(project: Project, limit: int | None = None) -> dict[str, Benchmark]:
    """The slice of each benchmark that the project names a file of.

    Raises:
        ConfigError, DataError: a file is missing or a row is wrong.
        MissingExtraError: lm-eval is missing.
    """
    gate = project.config.gates.ability
    assert gate is not None, "asked for only where the gate is named"
    most = gate.limit if limit is None else limit
    found = {}
    if gate.mmlu:
        found["mmlu"] = read_mmlu(project.path(gate.mmlu), most)
    if gate.gsm8k:
        found["gsm8k"] = read_gsm8k(project.path(gate.gsm8k), most)
    if gate.ifeval:
        sentences = has_sentences()
        found["ifeval"] = read_ifeval(project.path(gate.ifeval), most, has_sentences=sentences)
    if gate.humaneval:
        found[CODE] = read_humaneval(project.path(gate.humaneval), most)
    if gate.allow_code and CODE in found:
        require_sandbox()
    if found:
        require_bench()
    return found


def measure_ability(job: Job) -> dict[str, Any]:
    """Per-item scores of every benchmark, before and after, and what was not run."""
    gate = job.config.gates.ability
    assert gate is not None
    benchmarks = read_benchmarks(job.project, SMOKE_ITEMS if job.options.smoke else None)
    notes = [note for benchmark in benchmarks.values() for note in benchmark.notes]
    asked = dict(benchmarks)
    if CODE in asked and not gate.allow_code:
        asked.pop(CODE)
        notes.append(NO_CONSENT)
    elif CODE in asked and not without_network():
        notes.append("HumanEval's code ran without being cut off from the network: no unshare.")
    tuned, base = job.models.tuned_model, job.models.base_model
    with job.models.without_adapter():
        before, _ = _scores(job, base, asked, gate, "before")
    after, model = _scores(job, tuned, asked, gate, "after")
    notes += _limits(model)
    scores = {name: _told(before[name], after[name], benchmarks[name]) for name in asked}
    code = scores.pop(CODE, None)
    return {"benchmarks": scores, "code": code, "notes": notes}


def _scores(
    job: Job,
    loaded: LoadedModel,
    benchmarks: Mapping[str, Benchmark],
    gate: AbilityGate,
    when: str,
) -> tuple[dict[str, list[ItemScore]], BenchmarkModel]:
    model = _model(loaded, gate)
    found = {}
    for name, benchmark in benchmarks.items():
        check_stop(job.progress)
        job.progress.say(
            f"ability {when}: {benchmark.num_asked} of {benchmark.num_items} items of {name}"
        )
        found[name] = (
            ask_code(model, benchmark)
            if name == CODE
            else ask(model, benchmark, shots=gate.shots, chat_template=gate.chat_template)
        )
    return found, model


def _limits(model: BenchmarkModel) -> list[str]:
    """What the model's context did to questions and answers, before and after alike."""
    told = []
    if model.num_cut:
        told.append(
            f"{model.num_cut} requests did not fit the model's context of {model.max_length:,}"
            " tokens and lost their beginning, before and after alike, as lm-eval does it."
        )
    if model.short_limits:
        told.append(
            f"Answers that may take {max(model.short_limits):,} tokens were held to"
            f" {model.max_length // 2:,}, half of the model's context."
        )
    return told


def _model(loaded: LoadedModel, gate: AbilityGate) -> BenchmarkModel:
    from whet.evals.benchmarks.model import BenchmarkModel
    from whet.models.four_bit import write_out

    if loaded.device.type == "cpu":
        write_out(loaded.model)
    return BenchmarkModel(
        loaded.model,
        loaded.tokenizer,
        stop_ids=loaded.stop_ids,
        max_positions=loaded.max_positions,
        max_new_tokens=gate.max_new_tokens,
    )


def _told(before: list[ItemScore], after: list[ItemScore], benchmark: Benchmark) -> dict[str, Any]:
    return {
        "ids": [item.id for item in before],
        "before": [item.score for item in before],
        "after": [item.score for item in after],
        "answers_before": [item.answer for item in before],
        "answers_after": [item.answer for item in after],
        "num_items": benchmark.num_items,
    }
