"""Stage `baselines`: the strongest prompt, few-shot and RAG on validation, and what is to gain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from whet.evals.arms import Arm, ArmKind
from whet.evals.choose import Choice, Option, choose
from whet.evals.compare import Values, arm_interval
from whet.evals.headroom import before_training
from whet.evals.looks import count
from whet.rundir import write_json
from whet.stages.arms import NEAREST, answer, baselines, scores, try_out, wanted
from whet.stages.job import Job
from whet.stages.preparing import prompts, tuned_prompt
from whet.stats import look_level
from whet.types import Example

FILE = "choices.json"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on validation, as `choices.json` keeps it."""

    prompt_name: str
    prompt: str | None
    tuned_prompt: str | None
    num_shots: int
    num_passages: int


def read_chosen(job: Job) -> Chosen:
    """What this run chose."""
    return Chosen(**job.stored(FILE)["chosen"])


def choose_baselines(job: Job) -> None:
    """Writes `choices.json` and the baselines' validation answers."""
    texts = prompts(job.project, job.dataset)
    tried: list[dict[str, Any]] = []
    by_prompt = _choose(
        job,
        [Option(name, text, len(text or "")) for name, text in texts.items()],
        lambda text: Arm("prompt", ArmKind.BASELINE, text),
        "prompt",
        tried,
    )
    prompt = by_prompt.value
    num_shots = _count(job, Arm("few_shot", ArmKind.BASELINE, prompt), "num_shots", tried)
    num_passages = _count(job, Arm("rag", ArmKind.BASELINE, prompt), "num_passages", tried)
    tuned = tuned_prompt(job.project, prompt)
    chosen = Chosen(by_prompt.name, prompt, tuned, num_shots, num_passages)
    values = {name: getattr(chosen, name) for name in Chosen.__slots__}
    record: dict[str, Any] = {"chosen": values, "tried": tried, "validation": {}, "stop": None}
    if job.validation:
        record["validation"] = _validation(job, chosen)
        record["stop"] = _stop(job, record["validation"])
    write_json(job.run.file(FILE), record)
    write_json(job.run.file("model.json"), job.models.about())


def _count(job: Job, arm: Arm, key: str, tried: list[dict[str, Any]]) -> int:
    """The best number of examples or passages, 0 where the arm is not run."""
    rag = job.config.rag
    if not wanted(job, arm.name) or not job.dataset.train:
        return 0
    if arm.name == "rag":
        counts = rag.passages if rag else ()
    else:
        counts = tuple(n for n in job.config.few_shot.counts if n <= len(job.dataset.train))
    if not counts:
        return 0
    options = [Option(str(n), n, n) for n in counts]
    chosen = _choose(job, options, lambda n: replace(arm, **{key: n}), arm.name, tried)
    return int(chosen.value)


def _choose(
    job: Job,
    options: Sequence[Option[Any]],
    arm_of: Callable[[Any], Arm],
    name: str,
    tried: list[dict[str, Any]],
) -> Option[Any]:
    """The best option on validation; the first one, said openly, where there is none."""
    metric = job.config.eval.primary
    if not job.validation or metric is None:
        if len(options) > 1:
            job.warn(f"{name}: nothing to choose on; {options[0].name} was taken unseen.")
        return options[0]

    def evaluate(value: Any, items: Sequence[Example]) -> Values:
        samples = try_out(job, arm_of(value), items, str(value)[:20] if name != "prompt" else "")
        return scores(job, metric, samples, items).values

    choice: Choice[Any] = choose(
        options, evaluate, job.validation, budget=job.config.eval.validation_items
    )
    for row in choice.tried:
        tried.append(
            {
                "arm": name,
                "option": row.name,
                "score": row.score.value if row.score else None,
                "items": choice.num_items,
                "chosen": row.name == choice.chosen.name,
            }
        )
    return choice.chosen


def _validation(job: Job, chosen: Chosen) -> dict[str, float | None]:
    """Each baseline's score on validation; its answers are kept for the report."""
    arms = baselines(job, chosen.prompt, chosen.num_shots, chosen.num_passages)
    metric = job.config.eval.primary or job.config.eval.metrics[0]
    found: dict[str, float | None] = {}
    for arm in [*arms, *([NEAREST] if wanted(job, "nearest") and job.dataset.train else [])]:
        samples = answer(job, arm, job.validation, "validation")
        interval = arm_interval(scores(job, metric, samples, job.validation).values)
        found[arm.name] = interval.value if interval else None
    shown = ", ".join(f"{name} {value:.1%}" for name, value in found.items() if value is not None)
    job.progress.say(f"on {len(job.validation)} validation items: {shown}")
    return found


def _stop(job: Job, found: dict[str, float | None]) -> dict[str, str] | None:
    """Why training would be a waste, or None. Never for a smoke run or with --train-anyway."""
    ours = {n: v for n, v in found.items() if v is not None and n != NEAREST.name}
    asked = job.run.record()["verb"] == "run" and not job.options.smoke
    if not asked or job.options.train_anyway or not ours:
        return None
    best = max(ours, key=lambda name: ours[name])
    looks = count(job.project.root / "looks.jsonl", [item.id for item in job.dataset.test])
    stop = before_training(
        best,
        ours[best],
        num_test_items=len(job.dataset.test),
        margin=job.config.eval.margin,
        level=look_level(looks + 1),
    )
    if stop is None:
        return None
    job.progress.say(stop.reason)
    return {"kind": stop.kind.value, "reason": stop.reason, "remedy": stop.remedy}
