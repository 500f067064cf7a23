"""Every arm's answers on validation items with their scores, from the run folder.

They may be read one by one, which test items may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.config import Config
from whet.evals.arms import Arm, ArmKind
from whet.evals.scorers import leading
from whet.rundir import RunDir, read_json
from whet.stages.evidence import scores_on
from whet.stages.samples import Sample, read_samples

SPLIT = "validation"


@dataclass(frozen=True, slots=True)
class Answered:
    """One arm's validation answers, each with its score on the leading metric; more is better."""

    arm: Arm
    samples: list[Sample]
    scores: list[float | None]


def validation_answers(run: RunDir, config: Config) -> dict[str, Answered]:
    """The arms of a run that have answered validation items, in the order of its plan.

    Raises:
        RunError: the run did not get so far as a plan.
    """
    plan = read_json(run.file("plan.json"))
    choices, metric = plan["decoding"]["choices"], leading(config.eval)
    found: dict[str, Answered] = {}
    for row in plan["arms_asked"]:
        arm = Arm(**{**row, "kind": ArmKind(row["kind"])})
        if run.samples(arm.name, SPLIT).is_file():
            samples = read_samples(run, arm.name, SPLIT)
            scores = scores_on(run, config, choices, arm.name, SPLIT)[metric]
            found[arm.name] = Answered(arm, samples, list(scores))
    return found
