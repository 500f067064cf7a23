"""The arms of a run: which there are, who answers for them, and their answers on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whet.errors import ConfigError
from whet.evals.arms import Arm, ArmKind, Passages, SimilarRows, ask
from whet.evals.scorers import Scored, is_measured, score
from whet.infer import CachedCompleter, EndpointCompleter, load_answers
from whet.progress import check_stop
from whet.stages.job import Job
from whet.stages.samples import Sample as Sample
from whet.stages.samples import read_samples, sample_of, write_items, write_samples
from whet.types import Completer, Completion, Example, Messages

if TYPE_CHECKING:
    from whet.config import ArmConfig, Config

CHUNK = 256
"""Items answered between two looks at the stop flag."""

NEAREST = Arm("nearest", ArmKind.CONTROL)
USUAL = ("prompt", "few_shot", "rag", "tuned", "tuned_rag", NEAREST.name)
"""The arms that a project may have without naming them."""


def wanted(job: Job, name: str) -> bool:
    """Whether an arm is to be run."""
    return not job.options.arms or name in job.options.arms


def baselines(job: Job, prompt: str | None, few_shot: Arm, rag: Arm) -> list[Arm]:
    """The arms that need no training, with what was chosen for them; an empty one is left out."""
    found = [Arm("prompt", ArmKind.BASELINE, prompt)]
    found += [arm for arm in (few_shot, rag) if arm.num_shots or arm.num_passages]
    found += [Arm(name, ArmKind.BASELINE, prompt) for name in job.config.arms]
    return [arm for arm in found if wanted(job, arm.name)]


def candidates(job: Job, prompt: str | None, num_passages: int) -> list[Arm]:
    """The tuned arms."""
    found = [Arm("tuned", ArmKind.CANDIDATE, prompt, uses_adapter=True)]
    if num_passages and job.options.predictions is None:
        found.append(
            Arm(
                "tuned_rag",
                ArmKind.CANDIDATE,
                prompt,
                uses_adapter=True,
                num_passages=num_passages,
            )
        )
    return [arm for arm in found if wanted(job, arm.name)]


def check_arm_names(asked: Sequence[str], config: Config) -> None:
    """Refuses names that are no arm of any run of this project, before one is made.

    Raises:
        ConfigError: naming those that there may be.
    """
    known = [*USUAL, *config.arms]
    strange = sorted(set(asked) - set(known))
    if strange:
        raise ConfigError(f"--arms: no arm {', '.join(strange)}. There are: {', '.join(known)}.")


def check_arms(job: Job, known: Sequence[str]) -> None:
    """Refuses names of arms that there are not.

    Raises:
        ConfigError: naming those that there are.
    """
    strange = sorted(set(job.options.arms) - set(known))
    if strange:
        raise ConfigError(f"--arms: no arm {', '.join(strange)}. There are: {', '.join(known)}.")


def answer(job: Job, arm: Arm, items: Sequence[Example], split: str) -> list[Sample]:
    """Every answer of an arm, from the run folder where it is complete, else made and kept."""
    write_items(job.run, split, items)
    if job.run.samples(arm.name, split).is_file():
        stored = read_samples(job.run, arm.name, split)
        if [sample.id for sample in stored] == [item.id for item in items]:
            return stored
    samples = _answers(job, arm, items, f"{arm.name} on {split}")
    write_samples(job.run, arm.name, split, samples)
    return samples


def try_out(job: Job, arm: Arm, items: Sequence[Example]) -> list[Sample]:
    """The answers of an option that is only tried: not kept in the run, but in the cache."""
    return _answers(job, arm, items, f"trying {arm.name}")


def scores(job: Job, metric: str, samples: Sequence[Sample]) -> Scored:
    """One score an item."""
    answers = [sample.answer for sample in samples]
    items = [sample.example for sample in samples]
    if is_measured(metric):
        return Scored(job.measure(metric)(answers, items))
    return score(job.scorers[metric], answers, items)


def _answers(job: Job, arm: Arm, items: Sequence[Example], task: str) -> list[Sample]:
    if arm.kind is ArmKind.CONTROL:
        found = job.neighbours.nearest(items, 1)
        texts = [rows[0].example.answer if rows else "" for rows in found]
        return [sample_of(item, text) for item, text in zip(items, texts, strict=True)]
    file = _predictions(job, arm)
    if file is not None:
        texts = load_answers(job.project.file(file, "predictions"), items)
        return [sample_of(item, text) for item, text in zip(items, texts, strict=True)]
    completer = completer_of(job, arm)
    similar, passages = _lookups(job, arm, items)
    prompts = _prompts(job, arm, items, similar, passages)
    samples: list[Sample] = []
    for start in range(0, len(items), CHUNK):
        check_stop(job.progress)
        job.progress.advance(task, start, len(items))
        chunk = items[start : start + CHUNK]
        hits = completer.num_hits
        tools = [item.tools for item in chunk]
        answers = completer.complete(prompts[start : start + CHUNK], job.decoding, tools)
        cached = completer.num_hits - hits == len(chunk)
        for item, answer in zip(chunk, answers, strict=True):
            shown = passages(item.question, arm.num_passages) if passages else ()
            samples.append(_sample(item, answer, cached, tuple(shown)))
    job.progress.advance(task, len(items), len(items))
    return samples


def prompts_of(job: Job, arm: Arm, items: Sequence[Example]) -> list[Messages]:
    """What an arm that asks a model asks it, for each item."""
    return _prompts(job, arm, items, *_lookups(job, arm, items))


def _prompts(
    job: Job,
    arm: Arm,
    items: Sequence[Example],
    similar: SimilarRows | None,
    passages: Passages | None,
) -> list[Messages]:
    return [
        ask(arm, item, similar=similar, passages=passages, abstain=job.abstain) for item in items
    ]


def _predictions(job: Job, arm: Arm) -> str | None:
    if arm.kind is ArmKind.CANDIDATE:
        return job.options.predictions
    return job.config.arms[arm.name].predictions if arm.name in job.config.arms else None


def _sample(
    item: Example, answer: Completion, cached: bool, passages: tuple[str, ...] = ()
) -> Sample:
    return sample_of(
        item,
        answer.text,
        finish_reason=answer.finish_reason.value,
        num_prompt_tokens=answer.num_prompt_tokens,
        num_output_tokens=answer.num_output_tokens,
        seconds=answer.seconds,
        cached=cached,
        passages=passages,
    )


def completer_of(job: Job, arm: Arm) -> CachedCompleter:
    """Who answers for an arm; greedy answers are kept between runs."""
    inner: Completer
    setting = job.config.arms.get(arm.name)
    if setting is not None:
        inner = _user_completer(job, setting)
    elif arm.uses_adapter:
        inner = job.models.tuned()
    else:
        inner = job.models.base()
    return CachedCompleter(inner, job.cache / "answers", chunk_size=CHUNK)


def _user_completer(job: Job, setting: ArmConfig) -> Completer:
    if setting.endpoint:
        assert setting.model is not None, "the configuration requires it"
        return EndpointCompleter(setting.endpoint, setting.model, api_key_env=setting.api_key_env)
    return job.models.other(setting.model, setting.adapter)


def _lookups(
    job: Job, arm: Arm, items: Sequence[Example]
) -> tuple[SimilarRows | None, Passages | None]:
    """Retrieval for all items at once, then served one by one."""
    questions = [item.question for item in items]
    similar: SimilarRows | None = None
    passages: Passages | None = None
    if arm.num_shots:
        found = job.neighbours.nearest(items, arm.num_shots)
        rows = {q: [hit.example for hit in row] for q, row in zip(questions, found, strict=True)}
        similar = lambda question, k: rows[question][:k]  # noqa: E731 - a table as a function
    if arm.num_passages:
        texts = passage_texts(job, questions, arm.num_passages)
        passages = lambda question, k: texts[question][:k]  # noqa: E731 - a table as a function
    return similar, passages


def passage_texts(job: Job, questions: Sequence[str], k: int) -> dict[str, list[str]]:
    """Question -> the texts of its k best passages, each with its title."""
    found = job.index.search_many(list(questions), k)
    return {
        question: [f"{p.title}\n{p.text}" if p.title else p.text for p in row]
        for question, row in zip(questions, found, strict=True)
    }
