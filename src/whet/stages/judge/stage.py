"""Stage `judge`: asks about the answers of a run, and writes down what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.config import JudgeConfig
from whet.evals.arms import ArmKind
from whet.evals.judge.draws import drawn, spot_checked
from whet.evals.judge.families import kinship
from whet.evals.judge.parsing import Malformed, Parsed, parse_pair, parse_score
from whet.evals.judge.rubric import Rubric
from whet.stages.job import Job
from whet.stages.judge.asking import Judge, Questions, Replies, Reply
from whet.stages.judge.asks import Ask, Subject, Wanted, asks_of_labels
from whet.stages.judge.material import Words, candidate_first, names_of, pairs_of, subjects_of
from whet.stages.judge.setup import Labelled, labelled_of, rubric_of
from whet.stages.judge.stored import About, Judged, Row, write_judged
from whet.stages.planning import judged_split, planned_arms


def judge_answers(job: Job) -> None:
    """Writes `judge/`: every verdict on the drawn items of the judged split. Without a judge
    nothing.

    Raises:
        RunError, EndpointError: it stopped before it was through; what was said is kept.
    """
    settings = job.config.judge
    task = _task(job, settings) if settings is not None else None
    if settings is None or task is None:
        return
    judge = Judge(job, settings)
    keys = {id(ask): judge.key(ask.messages) for ask in task.asks}
    replies = judge.replies(
        Questions(
            {keys[id(ask)]: ask.messages for ask in task.asks},
            {item: [keys[id(ask)] for ask in asks] for item, asks in task.by_item.items()},
        )
    )
    words = Words(task.sample, task.labelled.labels)
    rows = [_row(a, replies.by_key[keys[id(a)]], task.wanted.rubric, words) for a in task.asks]
    rows += _same(task.sample, task.wanted, words)
    judged = Judged(_about(job, settings, task, judge.identity, replies), rows)
    write_judged(job.run, judged, task.wanted.rubric.text)
    _tell(job, judged)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be judged. `by_item` are the questions of each drawn item, in the order of the
    draw; `of_labels` those about answers that labels bring along, which are asked first.
    """

    wanted: Wanted
    labelled: Labelled
    sample: list[Subject]
    num_items: int
    of_labels: list[Ask]
    by_item: dict[str, list[Ask]]

    @property
    def asks(self) -> list[Ask]:
        """All questions in order."""
        return [*self.of_labels, *(ask for asks in self.by_item.values() for ask in asks)]


def _task(job: Job, settings: JudgeConfig) -> Task | None:
    """None, which is said, where there is nothing to judge."""
    rubric = rubric_of(job.project, settings)
    labelled = labelled_of(job.project, settings, rubric)
    arms = [arm for arm in planned_arms(job) if arm.kind is not ArmKind.CONTROL]
    subjects = {subject.item: subject for subject in subjects_of(job, arms)}
    if not subjects:
        job.warn("judge: no answers were made that could be judged.")
        return None
    pairs = pairs_of(arms)
    if "pairwise" in settings.mode and not pairs:
        job.warn("judge: no pairs are compared: that takes a candidate and a baseline.")
    wanted = Wanted(rubric, settings.mode, [a.name for a in arms], pairs, names_of(job, arms))
    labelled = replace(labelled, labels=[candidate_first(x, pairs) for x in labelled.labels])
    sample = [subjects[item] for item in drawn(list(subjects), settings.sample)]
    return Task(
        wanted, labelled, sample, len(subjects), asks_of_labels(labelled.labels, wanted),
        {subject.item: list(wanted.asks(subject)) for subject in sample},
    )  # fmt: skip


def _row(ask: Ask, reply: Reply, rubric: Rubric, words: Words) -> Row:
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


def _same(sample: Sequence[Subject], wanted: Wanted, words: Words) -> list[Row]:
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


def _about(job: Job, settings: JudgeConfig, task: Task, identity: str, replies: Replies) -> About:
    wanted, labelled, rubric = task.wanted, task.labelled, task.wanted.rubric
    ids = [subject.item for subject in task.sample]
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
        num_items=task.num_items,
        pairs=[list(pair) for pair in wanted.pairs] if "pairwise" in settings.mode else [],
        arms=list(wanted.arms),
        num_masked=wanted.num_masked(task.sample),
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
