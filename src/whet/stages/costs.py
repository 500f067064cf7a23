"""What answers and training cost: time on this machine, and money where a price is given."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from whet.config import Config
from whet.evals.arms import ArmKind
from whet.rundir import RunDir, read_json
from whet.stages.evidence import Evidence
from whet.stages.judging import strongest
from whet.stages.samples import Sample


def cost(config: Config, run: RunDir, evidence: Evidence) -> dict[str, Any]:
    """Time times price; None wherever one of the two is not known."""
    per_hour = config.cost.per_hour
    per_second = per_hour / 3600 if per_hour is not None else None
    seconds = {name: _mean_seconds(rows) for name, rows in evidence.samples.items()}
    per_1000 = {
        name: None if per_second is None or value is None else 1000 * value * per_second
        for name, value in seconds.items()
    }
    training = _training_seconds(run)
    spent = None if per_second is None or training is None else training * per_second
    note = "" if per_hour is not None else "Set cost.per_hour to see money; here is time only."
    timed = ", ".join(f"{n} {1000 * s:.0f} s" for n, s in seconds.items() if s is not None)
    if timed:
        note = f"{note} Time for 1,000 answers on this machine: {timed}.".strip()
    payback = _payback(evidence, per_1000, spent)
    return {
        "currency": config.cost.currency,
        "per_hour": per_hour,
        "training": spent,
        "per_1000": per_1000,
        "payback_answers": payback,
        "note": note,
    }


def _mean_seconds(rows: Sequence[Sample]) -> float | None:
    seconds = [row.seconds for row in rows if row.seconds is not None]
    return fmean(seconds) if seconds else None


def _training_seconds(run: RunDir) -> float | None:
    path = run.file("training.json")
    if not path.is_file():
        return None
    return sum(float(seed["seconds"]) for seed in read_json(path)["seeds"])


def _payback(
    evidence: Evidence, per_1000: dict[str, float | None], spent: float | None
) -> int | None:
    """Answers after which cheaper answers have paid for the training."""
    baseline = strongest(evidence, ArmKind.BASELINE)
    best = strongest(evidence, ArmKind.CANDIDATE)
    if spent is None or baseline is None or best is None:
        return None
    before, after = per_1000.get(baseline), per_1000.get(best)
    if before is None or after is None or after >= before:
        return None
    return round(1000 * spent / (before - after))
