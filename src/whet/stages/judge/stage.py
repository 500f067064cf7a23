"""Stage `judge`: asks about the answers of a run, and writes down what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from whet.config import JudgeConfig
from whet.evals.arms import Arm, ArmKind
from whet.evals.judge.bias import num_words
from whet.evals.judge.draws import drawn, spot_checked
from whet.evals.judge.families import kinship
from whet.evals.judge.labels import Label
from whet.evals.judge.parsing import Malformed, Parsed, parse_pair, parse_score
from whet.evals.judge.prompts import Material
from whet.evals.judge.rubric import Rubric
from whet.rundir import read_jsonl
from whet.stages.arms import Sample
from whet.stages.job import Job
from whet.stages.judge.asking import (
    Replies,
    Reply,
    ask_judge,
    decoding_of,
    judge_completer,
    key_of,
)
from whet.stages.judge.asks import Ask, Subject, Wanted, asks_of_labels
from whet.stages.judge.setup import Labelled, labelled_of, rubric_of
from whet.stages.judge.stored import About, Judged, Row, write_judged
from whet.stages.planning import judged_split, planned_arms
from whet.types import Example


def judge_answers(job: Job) -> None:
    """Writes `judge/`: every verdict on the drawn items of the judged split. Without a judge
    nothing.

    Raises:
        RunError, EndpointError: it stopped before it was through; what was said is kept.
    """
    settings = job.config.judge
    if settings is None:
        return
    rubric = rubric_of(job.project, settings)
    labelled = labelled_of(job.project, settings, rubric)
    arms = [arm for arm in planned_arms(job) if arm.kind is not ArmKind.CONTROL]
    subjects = _subjects(job, arms)
    if not subjects:
        job.warn("judge: no answers were made that could be judged.")
        return
    pairs = pairs_of(arms)
    if "pairwise" in settings.mode and not pairs:
        job.warn("judge: no pairs are compared: that takes a candidate and a baseline.")
    wanted = Wanted(rubric, settings.mode, [a.name for a in arms], pairs, _names(job, arms))
    labelled = replace(labelled, labels=[_candidate_first(x, pairs) for x in labelled.labels])
    chosen = {subject.item: subject for subject in subjects}
    sample = [chosen[item] for item in drawn(list(chosen), settings.sample)]
    asks = asks_of_labels(labelled.labels, wanted)
    by_item = {subject.item: list(wanted.asks(subject)) for subject in sample}
    asks += [ask for found in by_item.values() for ask in found]
    completer = judge_completer(job, settings)
    decoding = decoding_of(settings)
    keys = {id(ask): key_of(ask.messages, completer.identity, decoding) for ask in asks}
    replies = ask_judge(
        job,
        settings,
        completer,
        {keys[id(ask)]: ask.messages for ask in asks},
        {item: [keys[id(ask)] for ask in found] for item, found in by_item.items()},
    )
    words = _Words(sample, labelled.labels)
    rows = [_row(ask, replies.by_key[keys[id(ask)]], rubric, words) for ask in asks]
    rows += _same(sample, wanted, words)
    about = _about(job, settings, rubric, labelled, wanted, sample, len(subjects),
                   completer.identity, replies)  # fmt: skip
    judged = Judged(about, rows)
    write_judged(job.run, judged, rubric.text)
    _tell(job, judged)


def pairs_of(arms: Sequence[Arm]) -> list[tuple[str, str]]:
    """Every candidate with every baseline, and a candidate with retrieval with those without."""
    candidates = [arm for arm in arms if arm.kind is ArmKind.CANDIDATE]
    baselines = [arm for arm in arms if arm.kind is ArmKind.BASELINE]
    found = [(a.name, b.name) for a in candidates for b in baselines]
    found += [
        (a.name, b.name) for a in candidates if a.uses_rag for b in candidates if not b.uses_rag
    ]
    return found


def _candidate_first(label: Label, pairs: Sequence[tuple[str, str]]) -> Label:
    """The label of a pair in the order in which this run compares the two."""
    turned = label.arms[::-1]
    return label.turned((turned[0], turned[1])) if turned in pairs else label


def _subjects(job: Job, arms: Sequence[Arm]) -> list[Subject]:
    """The judged items with every arm's answer; none where there was no look."""
    split = judged_split(job)
    items = job.validation if split == "validation" else job.dataset.test
    answers: dict[str, dict[str, str]] = {item.id: {} for item in items}
    for arm in arms:
        path = job.run.samples(arm.name, split)
        for row in read_jsonl(path) if path.is_file() else ():
            sample = Sample(**row)
            answers[sample.id][arm.name] = sample.answer
    return [Subject(i.id, _material(i), answers[i.id]) for i in items if answers[i.id]]


def _material(item: Example) -> Material:
    criteria = item.fields.get("criteria")
    if isinstance(criteria, str):
        criteria = [criteria] if criteria.strip() else []
    told = tuple(str(text) for text in criteria) if isinstance(criteria, list) else ()
    return Material(item.prompt, told, (item.answer,) if item.answer.strip() else ())


def _names(job: Job, arms: Sequence[Arm]) -> list[str]:
    """Names that would tell who answered."""
    settings = job.config.arms.values()
    named = [job.config.model, job.options.adapter, *(arm.name for arm in arms)]
    named += [name for setting in settings for name in (setting.model, setting.adapter)]
    return [name for name in named if name]


class _Words:
    """Lengths of the answers of an ask."""

    def __init__(self, sample: Sequence[Subject], labels: Sequence[Label]) -> None:
        self._items: Mapping[str, Mapping[str, str]] = {s.item: s.answers for s in sample}
        self._labels = labels

    def of(self, item: str, arms: Sequence[str], label: int | None) -> list[int]:
        if label is not None:
            return [num_words(text) for text in self._labels[label].answers or ()]
        return [num_words(self._items[item][arm]) for arm in arms]


def _row(ask: Ask, reply: Reply, rubric: Rubric, words: _Words) -> Row:
    if reply.text is None:
        parsed = Parsed(None, fault=Malformed.NO_ANSWER)
    elif ask.kind == "score":
        parsed = parse_score(reply.text, rubric.scale, reply.finish)
    else:
        parsed = parse_pair(reply.text, reply.finish)
    fault = parsed.fault.value if parsed.fault else None
    lengths = words.of(ask.item, ask.arms, ask.label)
    return Row(ask.kind, ask.item, list(ask.arms), ask.order, parsed.value, parsed.reason, fault,
               lengths, label=ask.label)  # fmt: skip


def _same(sample: Sequence[Subject], wanted: Wanted, words: _Words) -> list[Row]:
    """Ties of equal answers, about which the judge was not asked."""
    if "pairwise" not in wanted.modes:
        return []
    return [
        Row("pairwise", subject.item, [a, b], order, "tie", "", None,
            words.of(subject.item, (a, b), None), same=True)
        for subject in sample
        for a, b in wanted.pairs
        if {a, b} <= subject.answers.keys() and subject.answers[a] == subject.answers[b]
        for order in ("forward", "backward")
    ]  # fmt: skip


def _about(
    job: Job,
    settings: JudgeConfig,
    rubric: Rubric,
    labelled: Labelled,
    wanted: Wanted,
    sample: Sequence[Subject],
    num_items: int,
    identity: str,
    replies: Replies,
) -> About:
    ids = [subject.item for subject in sample]
    models = {
        arm: (job.config.arms[arm].model if arm in job.config.arms else None) or job.config.model
        for arm in wanted.arms
    }
    return About(
        judge=identity,
        model=settings.model,
        endpoint=settings.endpoint,
        rubric=rubric.name,
        rubric_digest=rubric.digest,
        scale=rubric.scale,
        passing=rubric.passing,
        modes=list(settings.mode),
        split=judged_split(job),
        items=ids,
        num_items=num_items,
        pairs=[list(pair) for pair in wanted.pairs] if "pairwise" in settings.mode else [],
        arms=list(wanted.arms),
        num_masked=wanted.num_masked(sample),
        num_asked=replies.num_asked,
        num_reused=replies.num_reused,
        spent=replies.spent if settings.price else None,
        budget=settings.budget,
        currency=job.config.cost.currency,
        kappa_floor=settings.kappa_floor,
        spot_check=spot_checked(ids, settings.spot_check),
        labels=[
            {"kind": "pairwise" if label.is_pair else "score", "says": label.says}
            for label in labelled.labels
        ],
        num_draws=labelled.num_draws,
        named=dict(labelled.named) if labelled.named else None,
        warnings=kinship(settings.model, models),
    )


def _tell(job: Job, judged: Judged) -> None:
    about = judged.about
    unscored = sum(row.fault is not None for row in judged.rows)
    spent = f", {about.spent:.4f} {about.currency} spent at most" if about.spent is not None else ""
    job.progress.say(
        f"judge: {len(about.items)} of {about.num_items} items judged, {len(judged.rows)} verdicts,"
        f" {unscored} unscored{spent}"
    )
    for warning in about.warnings:
        job.warn(warning)
