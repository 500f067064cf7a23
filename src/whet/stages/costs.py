"""What answers and training cost: time on this machine, tokens at an endpoint, where prices are.

this machine   seconds an answer x cost.per_hour
an endpoint    tokens read and written x arms.NAME.price; waiting for it costs nothing
ready answers  not known
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from whet.config import ArmConfig, Config
from whet.evals.arms import ArmKind
from whet.rundir import RunDir, read_json
from whet.stages.evidence import Evidence, strongest
from whet.stages.samples import Sample

MILLION = 1e6


def cost(config: Config, run: RunDir, evidence: Evidence) -> dict[str, Any]:
    """Money by arm, of training and upkeep; None wherever a price or a time is not known."""
    per_second = config.cost.per_hour / 3600 if config.cost.per_hour is not None else None
    per_1000 = {
        name: _per_1000(config.arms.get(name), rows, per_second)
        for name, rows in evidence.samples.items()
    }
    training = _training_seconds(run)
    spent = None if per_second is None or training is None else training * per_second
    upkeep = config.cost.upkeep_per_month
    best, baseline = (strongest(evidence, k) for k in (ArmKind.CANDIDATE, ArmKind.BASELINE))
    saved = _saved(per_1000, best, baseline)
    return {
        "currency": config.cost.currency,
        "per_hour": config.cost.per_hour,
        "training": spent,
        "per_1000": per_1000,
        "payback_answers": _answers(spent, saved),
        "payback_of": [best, baseline] if best and baseline else None,
        "upkeep_per_month": upkeep,
        "payback_per_month": _answers(upkeep, saved),
        "note": _note(config, evidence),
    }


def _per_1000(
    setting: ArmConfig | None, rows: Sequence[Sample], per_second: float | None
) -> float | None:
    if setting is None or not setting.endpoint:
        seconds = _mean([row.seconds for row in rows])
        return None if seconds is None or per_second is None else 1000 * seconds * per_second
    read, written = (
        _mean([getattr(row, name) for row in rows])
        for name in ("num_prompt_tokens", "num_output_tokens")
    )
    if setting.price is None or read is None or written is None:
        return None
    return 1000 * (read * setting.price.input + written * setting.price.output) / MILLION


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _training_seconds(run: RunDir) -> float | None:
    path = run.file("training.json")
    if not path.is_file():
        return None
    return sum(float(seed["seconds"]) for seed in read_json(path)["seeds"])


def _saved(
    per_1000: dict[str, float | None], best: str | None, baseline: str | None
) -> float | None:
    """What 1,000 answers of the candidate are cheaper than the baseline's; None if they are not."""
    before, after = per_1000.get(baseline or ""), per_1000.get(best or "")
    if before is None or after is None or after >= before:
        return None
    return before - after


def _answers(spent: float | None, saved: float | None) -> int | None:
    """Answers whose saving is as much as what was spent."""
    return None if spent is None or saved is None else round(1000 * spent / saved)


def _note(config: Config, evidence: Evidence) -> str:
    told = []
    if config.cost.per_hour is None:
        told.append("Set cost.per_hour to see money; here is time only.")
    unpriced = [n for n, arm in config.arms.items() if arm.endpoint and arm.price is None]
    if unpriced:
        told.append(f"No price is given for {', '.join(unpriced)} (arms.NAME.price).")
    if config.cost.per_hour is not None and config.cost.upkeep_per_month is None:
        told.append("Upkeep is not counted (cost.upkeep_per_month).")
    seconds = {name: _mean([s.seconds for s in rows]) for name, rows in evidence.samples.items()}
    timed = ", ".join(f"{n} {1000 * s:.0f} s" for n, s in seconds.items() if s is not None)
    if timed:
        told.append(f"Time for 1,000 answers on this machine: {timed}.")
    return " ".join(told)
