"""Stage `scores`: metrics that need a model, measured once and kept in the run folder.

    scores/SPLIT.json   {"format": 1, "arms": {ARM: {METRIC: {"values": [...], "corpus": {...}}}}}

`whet verdict` reads them there; every other metric is computed from the answers whenever it is
wanted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from whet.errors import RunError
from whet.evals.arms import Arm, ArmKind
from whet.evals.scorers import asked, is_measured
from whet.progress import check_stop
from whet.rundir import RunDir, read_json, write_json
from whet.stages.arms import prompts_of
from whet.stages.job import Job
from whet.stages.planning import planned_arms
from whet.stages.samples import Sample, read_samples
from whet.types import Example

if TYPE_CHECKING:
    from whet.models.load import LoadedModel

FORMAT = 1
SPLITS = ("validation", "test")
CHUNK = 256
"""Items measured at a time, of all arms together."""

Measured = dict[str, dict[str, Any]]
"""{metric, or arm: {"values": one an item, "corpus": a figure of all, or None}}."""


def measure_scores(job: Job) -> None:
    """Writes `scores/SPLIT.json` for every split that was answered."""
    names = [name for name in asked(job.config.eval) if is_measured(name)]
    for split in SPLITS if names else ():
        arms = [arm for arm in planned_arms(job) if job.run.samples(arm.name, split).is_file()]
        samples = {arm.name: read_samples(job.run, arm.name, split) for arm in arms}
        found: dict[str, Measured] = {arm.name: {} for arm in arms}
        for name in names if arms else ():
            job.progress.say(f"{name} of {len(arms)} arms on {split}")
            measured = _measured(job, name, arms, samples)
            for arm in arms:
                found[arm.name][name] = measured[arm.name]
        if arms:
            write_json(job.run.file(f"scores/{split}.json"), {"format": FORMAT, "arms": found})


def read_scores(run: RunDir, split: str, arm: str) -> Measured:
    """What was measured of an arm's answers.

    Raises:
        RunError: the run did not get so far, or was made by a newer whet.
    """
    name = f"scores/{split}.json"
    stored = read_json(run.file(name))
    if stored["format"] > FORMAT:
        raise RunError(f"{name} has format {stored['format']}, this whet reads {FORMAT}. Upgrade.")
    if arm not in stored["arms"]:
        raise RunError(f"{run.file(name)}: has no arm {arm}. Start the run again.")
    measured: Measured = stored["arms"][arm]
    return measured


def _measured(
    job: Job, metric: str, arms: Sequence[Arm], samples: Mapping[str, Sequence[Sample]]
) -> Measured:
    """One metric of every arm; the same items of all arms together, as they share references."""
    if metric == "perplexity":
        return {arm.name: perplexity(job, arm, _examples(samples[arm.name])) for arm in arms}
    values: dict[str, list[float | None]] = {arm.name: [] for arm in arms}
    num = len(samples[arms[0].name])
    for start in range(0, num, CHUNK):
        check_stop(job.progress)
        job.progress.advance(metric, start, num)
        parts = [samples[arm.name][start : start + CHUNK] for arm in arms]
        shown = [sample for part in parts for sample in part]
        found = job.measure(metric)([sample.answer for sample in shown], _examples(shown))
        for n, arm in enumerate(arms):
            values[arm.name] += found[n * len(parts[0]) : (n + 1) * len(parts[0])]
    job.progress.advance(metric, num, num)
    return {name: {"values": told, "corpus": None} for name, told in values.items()}


def _examples(samples: Sequence[Sample]) -> list[Example]:
    return [sample.example for sample in samples]


def perplexity(job: Job, arm: Arm, items: Sequence[Example]) -> dict[str, Any]:
    """The perplexity of each gold answer with its stop token, after what the arm asks.

    Every value is None for arms without a local model: endpoints, ready answers, the control.
    The figure of all weighs tokens alike: exp(sum of losses / number of tokens).
    """
    loaded = _model_of(job, arm)
    scored = [n for n, item in enumerate(items) if item.answer.strip()]
    if loaded is None or not scored:
        return {"values": [None] * len(items), "corpus": None}
    from whet.rows.render import render_examples
    from whet.training.evaluation import token_losses

    prompts = prompts_of(job, arm, [items[n] for n in scored])
    shown = [
        replace(items[n], messages=(*prompt, items[n].messages[-1]))
        for n, prompt in zip(scored, prompts, strict=True)
    ]
    rendered = render_examples(shown, loaded.tokenizer, loaded.stop_ids, turns="last")
    plain = nullcontext() if arm.uses_adapter else job.models.without_adapter()
    with plain:
        losses = token_losses(loaded.model, rendered, should_stop=job.progress.should_stop)
    values: list[float | None] = [None] * len(items)
    for n, mean in zip(scored, losses.means, strict=True):
        values[n] = math.exp(mean)
    tokens = int(losses.counts.sum())
    return {"values": values, "corpus": {"value": math.exp(losses.mean), "tokens": tokens}}


def _model_of(job: Job, arm: Arm) -> LoadedModel | None:
    """The local model behind an arm, or None."""
    setting = job.config.arms.get(arm.name)
    if arm.kind is ArmKind.CONTROL:
        return None
    if setting is not None:
        local = not (setting.endpoint or setting.predictions)
        return job.models.other_model(setting.model, setting.adapter) if local else None
    if not arm.uses_adapter:
        return job.models.base_model
    return None if job.options.predictions else job.models.tuned_model
