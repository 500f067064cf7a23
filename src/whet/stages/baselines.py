"""Stage `baselines`: the strongest prompt, few-shot and RAG on validation, and what is to gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from whet.evals.arms import Arm, ArmKind
from whet.evals.choose import Choice, Option, choose
from whet.evals.compare import Values, arm_interval
from whet.evals.headroom import before_training
from whet.evals.looks import count
from whet.evals.scorers import leading
from whet.rundir import write_json
from whet.stages.arms import NEAREST, answer, baselines, scores, try_out, wanted
from whet.stages.job import Job
from whet.stages.looking import looks_of_runs
from whet.stages.preparing import prompts, tuned_prompt
from whet.stages.terms import choosing_metric
from whet.stats import look_level
from whet.types import Example

FILE = "choices.json"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on validation, as `choices.json` keeps it.

    Examples and passages are tried with every prompt: the one that is best alone need not be the
    best beside them.
    """

    prompt: str | None
    tuned_prompt: str | None
    num_shots: int
    few_shot_prompt: str | None
    num_passages: int
    rag_prompt: str | None

    def arms(self, job: Job) -> list[Arm]:
        """The baselines that are to be run."""
        return baselines(
            job,
            self.prompt,
            Arm("few_shot", ArmKind.BASELINE, self.few_shot_prompt, num_shots=self.num_shots),
            Arm("rag", ArmKind.BASELINE, self.rag_prompt, num_passages=self.num_passages),
        )


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
    few_shot = _shown(job, "few_shot", texts, tried)
    rag = _shown(job, "rag", texts, tried)
    chosen = Chosen(
        prompt, tuned_prompt(job.project, prompt),
        few_shot.num_shots, few_shot.prompt, rag.num_passages, rag.prompt,
    )  # fmt: skip
    found = _validation(job, chosen) if job.validation else {}
    stop = _stop(job, found) if job.validation else None
    write_choices(job, chosen, texts, tried, found, stop)
    write_json(job.run.file("model.json"), job.models.about())


def write_choices(
    job: Job,
    chosen: Chosen,
    texts: Mapping[str, str | None],
    tried: Sequence[dict[str, Any]] = (),
    validation: Mapping[str, float | None] | None = None,
    stop: dict[str, str] | None = None,
) -> None:
    """Writes `choices.json`: what was chosen, among what, and how the baselines did."""
    record = {
        "chosen": {name: getattr(chosen, name) for name in Chosen.__slots__},
        "prompts": dict(texts),
        "tried": list(tried),
        "validation": dict(validation or {}),
        "stop": stop,
    }
    write_json(job.run.file(FILE), record)


def _shown(
    job: Job, name: str, texts: Mapping[str, str | None], tried: list[dict[str, Any]]
) -> Arm:
    """The arm with its best prompt and number of examples or passages; 0 where it is not run."""
    rag = job.config.rag
    bare = Arm(name, ArmKind.BASELINE, None)
    is_rag = name == "rag"
    if not wanted(job, name) or not job.dataset.train:
        return bare
    if is_rag:
        counts = rag.passages if rag else ()
    else:
        counts = tuple(n for n in job.config.few_shot.counts if n <= len(job.dataset.train))
    if not counts:
        return bare
    options = [
        Option(
            f"{n}, {file}" if len(texts) > 1 else str(n),
            replace(
                bare, prompt=text, num_passages=n if is_rag else 0, num_shots=0 if is_rag else n
            ),
            n + len(text or "") / 1e6,  # of equals the fewer examples, then the shorter prompt
        )
        for n in counts
        for file, text in texts.items()
    ]
    arm: Arm = _choose(job, options, lambda arm: arm, name, tried).value
    return arm


def _choose(
    job: Job,
    options: Sequence[Option[Any]],
    arm_of: Callable[[Any], Arm],
    name: str,
    tried: list[dict[str, Any]],
) -> Option[Any]:
    """The best option on validation; the first one, said openly, where there is none."""
    metric = choosing_metric(job.config)
    if not job.validation or metric is None:
        if len(options) > 1:
            job.warn(f"{name}: nothing to choose on; {options[0].name} was taken unseen.")
        return options[0]

    def evaluate(value: Any, items: Sequence[Example]) -> Values:
        samples = try_out(job, arm_of(value), items)
        return scores(job, metric, samples).values

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
    arms = chosen.arms(job)
    metric = leading(job.config.eval)
    found: dict[str, float | None] = {}
    for arm in [*arms, *([NEAREST] if wanted(job, "nearest") and job.dataset.train else [])]:
        samples = answer(job, arm, job.validation, "validation")
        interval = arm_interval(scores(job, metric, samples).values)
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
    if choosing_metric(job.config) != job.config.eval.primary:
        job.warn("what training could gain is not known beforehand: the primary metric is judged.")
        return None
    best = max(ours, key=lambda name: ours[name])
    looks = count(
        job.project.root / "looks.jsonl",
        [item.id for item in job.dataset.test],
        looks_of_runs(job.project.root),
    )
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
