"""What the report shows beside the arms' means: figures of whole sets, and slices."""

from __future__ import annotations

from typing import Any

from whet.config import Config
from whet.evals.scorers import asked, is_measured, leading
from whet.evals.scorers.corpus import corpus_figures
from whet.evals.slices import slice_table, slice_values
from whet.rundir import RunDir, read_json
from whet.stages.evidence import Evidence, setup_of
from whet.stages.scoring import read_scores
from whet.stats import look_level


def corpus(run: RunDir, config: Config, evidence: Evidence) -> dict[str, dict[str, Any]]:
    """{arm: {figure: values}} on the judged items; none of them decides anything."""
    choices = read_json(run.file("plan.json"))["decoding"]["choices"]
    setup = setup_of(run, config, choices)
    measured = [name for name in asked(config.eval) if is_measured(name)]
    found: dict[str, dict[str, Any]] = {}
    for arm, samples in evidence.samples.items():
        answers, items = [s.answer for s in samples], [s.example for s in samples]
        figures = corpus_figures(answers, items, setup, choices)
        if measured and samples:
            stored = read_scores(run, evidence.split, arm)
            figures |= {
                f"corpus_{name}": stored[name]["corpus"]
                for name in measured
                if stored[name]["corpus"] is not None
            }
        found[arm] = figures
    return found


def slices(
    config: Config, evidence: Evidence, candidate: str | None, baseline: str | None
) -> dict[str, Any] | None:
    """The slices that the project names, by the leading metric; None where it names none."""
    settings = config.eval
    if not (settings.slices or settings.slice_rules) or not evidence.items:
        return None
    items = [sample.example for sample in evidence.items]
    metric = leading(settings)
    level = look_level(evidence.look) if evidence.look is not None else 0.05
    table = slice_table(
        {arm: metrics[metric] for arm, metrics in evidence.scores.items()},
        slice_values(items, settings.slices, settings.slice_rules),
        metric=metric,
        pair=(candidate, baseline) if candidate and baseline else None,
        level=level,
        groups=evidence.groups,
        ids=[sample.id for sample in evidence.items],
    )
    return {"format": 1, **table.to_json()}
