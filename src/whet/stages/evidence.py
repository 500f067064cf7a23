"""What a verdict rests on, read from the run folder: answers, their scores, the look."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from whet.config import Config
from whet.configfile import read_config
from whet.evals.arms import Arm, ArmKind
from whet.evals.compare import Values
from whet.evals.headroom import Stop, StopKind
from whet.evals.scorers import scorer
from whet.rundir import RunDir, read_json, read_jsonl
from whet.stages.arms import Sample
from whet.stages.judge.stored import Judged, read_judged
from whet.stages.preparing import JUDGE, PREFERENCE, form
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on, read from the run folder.

    `scores` are {arm: {metric: one value an item}} on the judged split.
    """

    config: Config
    arms: list[Arm]
    split: str
    samples: Mapping[str, list[Sample]]
    scores: Mapping[str, Mapping[str, Values]]
    groups: list[str | None]
    look: int | None
    stop: Stop | None

    @property
    def items(self) -> list[Sample]:
        """The judged items, as the first arm answered them; empty where none did."""
        return next(iter(self.samples.values()), [])

    def without(self, sources: Collection[str]) -> Evidence:
        """The same arms on the items that stand elsewhere than at these `file:line`."""
        kept = [n for n, item in enumerate(self.items) if item.source not in sources]
        return replace(
            self,
            samples={arm: [rows[n] for n in kept] for arm, rows in self.samples.items()},
            scores={
                arm: {metric: [values[n] for n in kept] for metric, values in metrics.items()}
                for arm, metrics in self.scores.items()
            },
            groups=[self.groups[n] for n in kept],
        )


def read_evidence(run: RunDir) -> Evidence:
    """What the run folder holds of a finished evaluation.

    Raises:
        RunError: the run did not get so far.
    """
    config = read_config(run.config)
    plan = read_json(run.file("plan.json"))
    arms = [Arm(**{**row, "kind": ArmKind(row["kind"])}) for row in plan["arms_asked"]]
    choices = tuple(plan["decoding"]["choices"])
    split = plan["judged"]
    samples = {
        arm.name: [Sample(**row) for row in read_jsonl(run.samples(arm.name, split))]
        for arm in arms
        if run.samples(arm.name, split).is_file()
    }
    first = next(iter(samples.values()), [])
    judged = read_judged(run)
    scores = {
        arm: _scores(config, choices, rows) | _judged(judged, arm, split, rows)
        for arm, rows in samples.items()
    }
    stop = read_json(run.file("choices.json"))["stop"]
    return Evidence(
        config,
        [arm for arm in arms if arm.name in samples],
        split,
        samples,
        scores,
        [sample.group for sample in first],
        run.record().get("look"),
        Stop(StopKind(stop["kind"]), stop["reason"], stop["remedy"]) if stop else None,
    )


def _scores(
    config: Config, choices: tuple[str, ...], samples: Sequence[Sample]
) -> dict[str, Values]:
    metrics = [*config.eval.metrics]
    if config.eval.primary and config.eval.primary not in metrics:
        metrics.insert(0, config.eval.primary)
    metrics = [metric for metric in metrics if metric not in (JUDGE, PREFERENCE)]
    asked = form(config, choices)
    found: dict[str, Values] = {}
    for metric in metrics:
        score = scorer(metric, form=asked)
        found[metric] = [score(sample.answer, gold(sample)) for sample in samples]
    return found


def _judged(
    judged: Judged | None, arm: str, split: str, samples: Sequence[Sample]
) -> dict[str, Values]:
    """The judge's scores as a metric; nothing for arms that were not judged."""
    if judged is None or judged.about.split != split or "score" not in judged.about.modes:
        return {}
    if arm not in judged.about.arms:
        return {}
    return {JUDGE: judged.values(arm, [sample.id for sample in samples])}


def gold(sample: Sample) -> Example:
    """A stored sample as the example that scorers compare with."""
    messages = (
        {"role": "user", "content": sample.question},
        {"role": "assistant", "content": sample.gold},
    )
    return Example(sample.id, messages, sample.source, sample.group)  # type: ignore[arg-type]
