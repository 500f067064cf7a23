"""What a verdict rests on, read from the run folder: answers, their scores, the look."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from whet.config import Config
from whet.configfile import read_config
from whet.errors import RunError
from whet.evals.arms import Arm, ArmKind
from whet.evals.case import JudgedArm, cheapest_first
from whet.evals.compare import Values
from whet.evals.headroom import Stop, StopKind
from whet.evals.scorers import Scorer, Setup, asked, build, files_of, is_measured, leading
from whet.rundir import RunDir, read_json
from whet.stages.frozen import check_answers, check_rules, check_unedited
from whet.stages.judge.agreeing import Calibrated, calibrated
from whet.stages.judge.stored import Judged, read_judged
from whet.stages.samples import Sample, read_samples
from whet.stages.scoring import read_scores
from whet.stages.terms import JUDGE, form


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on, read from the run folder.

    `scores` are {arm: {metric: one value an item}} on the judged split. `judged` is what a judge
    said of the answers, and `calibrated` how far it agrees with people.
    """

    config: Config
    arms: list[Arm]
    split: str
    samples: Mapping[str, list[Sample]]
    scores: Mapping[str, Mapping[str, Values]]
    groups: list[str | None]
    look: int | None
    stop: Stop | None
    judged: Judged | None = None
    calibrated: Calibrated | None = None

    @property
    def items(self) -> list[Sample]:
        """The judged items, as the first arm answered them; empty where none did."""
        return next(iter(self.samples.values()), [])

    @property
    def ids(self) -> list[str]:
        """What makes two rows one item: their content."""
        return [item.id for item in self.items]

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
        RunError: the run did not get so far, or is not what its plan froze.
    """
    config = read_config(run.config)
    plan = read_json(run.file("plan.json"))
    look = run.record().get("look")
    arms = [Arm(**{**row, "kind": ArmKind(row["kind"])}) for row in plan["arms_asked"]]
    choices = tuple(plan["decoding"]["choices"])
    split = plan["judged"]
    samples = {
        arm.name: read_samples(run, arm.name, split)
        for arm in arms
        if run.samples(arm.name, split).is_file()
    }
    if look is not None:
        check_rules(run, config, plan)
        check_answers(run, plan, samples)
        check_unedited(run)
    first = next(iter(samples.values()), [])
    scorers, names = build(setup_of(run, config, choices)), asked(config.eval)
    judged = read_judged(run)
    scores = {
        arm: _scores(run, arm, split, rows, scorers, names) | _judged(judged, arm, split, rows)
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
        look,
        Stop(StopKind(stop["kind"]), stop["reason"], stop["remedy"]) if stop else None,
        judged,
        calibrated(run, judged) if judged else None,
    )


def _scores(
    run: RunDir,
    arm: str,
    split: str,
    samples: Sequence[Sample],
    scorers: Mapping[str, Scorer],
    names: Sequence[str],
) -> dict[str, Values]:
    """Every metric of one arm: computed from the answers, or as it was measured."""
    measured = read_scores(run, split, arm) if any(map(is_measured, names)) else {}
    found: dict[str, Values] = {}
    for name in names:
        if is_measured(name):
            found[name] = measured[name]["values"]
        else:
            found[name] = [scorers[name](sample.answer, sample.example) for sample in samples]
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


def setup_of(run: RunDir, config: Config, choices: Sequence[str]) -> Setup:
    """What the scorers of a run are made from, once the files behind them are known unchanged.

    Raises:
        RunError: a file that scores depend on has changed since the plan was frozen.
        ConfigError: it is gone.
    """
    setup = Setup.of(config, run.root, form(config, tuple(choices)))
    before = read_json(run.file("plan.json")).get("scorer_files", {})
    now = files_of(setup)
    changed = sorted(key for key in before if before[key] != now.get(key))
    if changed:
        raise RunError(
            f"{run.path}: what {', '.join(changed)} names has changed since this run's plan was"
            " frozen, so its answers would be judged by other rules. Put it back as it was, or"
            " start a new run."
        )
    return setup


def scores_on(
    run: RunDir, config: Config, choices: Sequence[str], arm: str, split: str
) -> dict[str, Values]:
    """Every metric of an arm's stored answers on a split.

    Raises:
        RunError: the run did not get so far.
    """
    scorers = build(setup_of(run, config, choices))
    return _scores(run, arm, split, read_samples(run, arm, split), scorers, asked(config.eval))


def strongest(evidence: Evidence, kind: ArmKind) -> str | None:
    """The arm of a kind with the best mean of the primary metric; of equals the cheapest."""
    metric = leading(evidence.config.eval)
    ours = [JudgedArm(arm.name, arm.kind) for arm in evidence.arms if arm.kind is kind]
    names = [arm.name for arm in cheapest_first(ours)]

    def mean(name: str) -> float:
        scored = [value for value in evidence.scores[name][metric] if value is not None]
        return fmean(scored) if scored else -1.0

    return max(names, key=mean, default=None)
