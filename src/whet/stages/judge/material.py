"""The material of a judgement: items with their answers, pairs, names to hide, lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whet.evals.arms import Arm, ArmKind
from whet.evals.judge.bias import num_words
from whet.evals.judge.labels import Label
from whet.evals.judge.prompts import Material
from whet.evals.scorers.references import criteria_of, references_of
from whet.stages.job import Job
from whet.stages.judge.asks import Subject
from whet.stages.planning import judged_split
from whet.stages.samples import read_samples
from whet.types import Example


def pairs_of(arms: Sequence[Arm]) -> list[tuple[str, str]]:
    """Every candidate with every baseline, and a candidate with retrieval with those without."""
    candidates = [arm for arm in arms if arm.kind is ArmKind.CANDIDATE]
    baselines = [arm for arm in arms if arm.kind is ArmKind.BASELINE]
    found = [(a.name, b.name) for a in candidates for b in baselines]
    found += [
        (a.name, b.name) for a in candidates if a.uses_rag for b in candidates if not b.uses_rag
    ]
    return found


def candidate_first(label: Label, pairs: Sequence[tuple[str, str]]) -> Label:
    """The label of a pair in the order in which this run compares the two."""
    turned = label.arms[::-1]
    return label.turned((turned[0], turned[1])) if turned in pairs else label


def subjects_of(job: Job, arms: Sequence[Arm]) -> list[Subject]:
    """The judged items with every arm's answer; none where there was no look."""
    split = judged_split(job)
    items = job.validation if split == "validation" else job.dataset.test
    answers: dict[str, dict[str, str]] = {item.id: {} for item in items}
    for arm in arms:
        is_there = job.run.samples(arm.name, split).is_file()
        for sample in read_samples(job.run, arm.name, split) if is_there else ():
            answers[sample.id][arm.name] = sample.answer
    return [Subject(i.id, _material(i), answers[i.id]) for i in items if answers[i.id]]


def _material(item: Example) -> Material:
    return Material(item.prompt, criteria_of(item), references_of(item))


def names_of(job: Job, arms: Sequence[Arm]) -> list[str]:
    """Names that would tell who answered."""
    settings = job.config.arms.values()
    named = [job.config.model, job.options.adapter, *(arm.name for arm in arms)]
    named += [name for setting in settings for name in (setting.model, setting.adapter)]
    return [name for name in named if name]


class Words:
    """Lengths of the answers of an ask."""

    def __init__(self, sample: Sequence[Subject], labels: Sequence[Label]) -> None:
        self._items: Mapping[str, Mapping[str, str]] = {s.item: s.answers for s in sample}
        self._labels = labels

    def of(self, item: str, arms: Sequence[str], label: int | None) -> list[int]:
        if label is not None:
            return [num_words(text) for text in self._labels[label].answers or ()]
        return [num_words(self._items[item][arm]) for arm in arms]
