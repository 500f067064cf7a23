"""Every arm's answers on validation items with their scores, from the run folder.

They may be read one by one, which test items may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.config import Config
from whet.evals.arms import Arm, ArmKind
from whet.evals.scorers import scorer
from whet.rundir import RunDir, read_json, read_jsonl
from whet.stages.arms import Sample
from whet.stages.evidence import gold
from whet.stages.preparing import form

SPLIT = "validation"


@dataclass(frozen=True, slots=True)
class Answered:
    """One arm's validation answers, each with its score on the leading metric; more is better."""

    arm: Arm
    samples: list[Sample]
    scores: list[float | None]


def leading_metric(config: Config) -> str:
    """The metric that decides; the first one that is reported where none does."""
    return config.eval.primary or config.eval.metrics[0]


def validation_answers(run: RunDir, config: Config) -> dict[str, Answered]:
    """The arms of a run that have answered validation items, in the order of its plan.

    Raises:
        RunError: the run did not get so far as a plan.
    """
    plan = read_json(run.file("plan.json"))
    score = scorer(leading_metric(config), form=form(config, tuple(plan["decoding"]["choices"])))
    found: dict[str, Answered] = {}
    for row in plan["arms_asked"]:
        arm = Arm(**{**row, "kind": ArmKind(row["kind"])})
        path = run.samples(arm.name, SPLIT)
        if path.is_file():
            samples = [Sample(**each) for each in read_jsonl(path)]
            scores = [score(sample.answer, gold(sample)) for sample in samples]
            found[arm.name] = Answered(arm, samples, scores)
    return found
