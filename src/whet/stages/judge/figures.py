"""The judge's part of the report: `details.judge`, as `whet.reporting.schema.judged` describes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from statistics import fmean
from typing import Any

from whet.evals.compare import by_votes
from whet.evals.judge.bias import PairJudged, first_shown_rate, flip_rate, lengths
from whet.evals.judge.calibration import Agreement, Standing, corrected
from whet.evals.judge.length_control import controlled_preference
from whet.stages.judge.agreeing import Calibrated
from whet.stages.judge.stored import Judged
from whet.stats.means import mean_interval
from whet.stats.proportions import wilson
from whet.types import Interval

LEVEL = 0.05
"""Of the figures here: they are for reading. What decides is read at the level of the look."""

UNCALIBRATED = "not calibrated: decides nothing"

Groups = Mapping[str, Hashable | None]


def judge_details(
    judged: Judged | None, found: Calibrated | None, groups: Groups
) -> dict[str, Any] | None:
    """All figures of a run's judge, None where none judged.

    Args:
        judged: What the judge said.
        found: How far it agrees with people.
        groups: The group of each item, by id.
    """
    if judged is None or found is None:
        return None
    about = judged.about
    faults = Counter(row.fault for row in judged.rows if row.fault)
    return {
        "label": _label(found, about.modes),
        "judge": about.judge,
        "model": about.model,
        "rubric": about.rubric,
        "rubric_digest": about.rubric_digest,
        "scale": about.scale,
        "passing": about.passing,
        "modes": about.modes,
        "split": about.split,
        "items": len(about.items),
        "of": about.num_items,
        "verdicts": len(judged.rows),
        "unscored": dict(faults.most_common()),
        "masked": about.num_masked,
        "asked": about.num_asked,
        "reused": about.num_reused,
        "spent": about.spent,
        "budget": about.budget,
        "currency": about.currency,
        "scores": _scores(judged, found.agreements["score"], groups),
        "pairs": [
            _pair(judged, a, b, found.agreements["pairwise"], groups) for a, b in about.pairs
        ],
        "calibrations": {
            kind: _calibration(found.agreements[kind], found.standings[kind])
            for kind in about.modes
        },
        "spot_check": about.spot_check,
        "warnings": [*about.warnings, *found.notes],
    }


def judge_findings(told: Mapping[str, Any] | None) -> list[str]:
    """What a reader has to know of a judge's figures, wherever they stand."""
    if told is None:
        return []
    unscored, verdicts = sum(told["unscored"].values()), told["verdicts"]
    found = [f"Figures of the judge {told['model']}: {told['label']}."]
    found += [held["why"] for held in told["calibrations"].values()]
    if unscored:
        kinds = ", ".join(f"{count} {kind}" for kind, count in told["unscored"].items())
        found.append(f"The judge gave no verdict on {unscored} of {verdicts}: {kinds}.")
    return [*found, *told["warnings"]]


def _label(found: Calibrated, modes: Sequence[str]) -> str:
    decides = {kind: found.standings[kind].decides for kind in modes}
    if all(decides.values()):
        return "calibrated"
    if not any(decides.values()):
        return UNCALIBRATED
    return "; ".join(
        f"{kind}: {'calibrated' if held else UNCALIBRATED}" for kind, held in decides.items()
    )


def _scores(judged: Judged, agreed: Agreement | None, groups: Groups) -> dict[str, Any]:
    if "score" not in judged.about.modes:
        return {}
    return {arm: _arm(judged, arm, agreed, groups) for arm in judged.about.arms}


def _arm(judged: Judged, arm: str, agreed: Agreement | None, groups: Groups) -> dict[str, Any]:
    found = judged.scores(arm)
    known = {item: score for item, score in found.items() if score is not None}
    top, passing = judged.about.scale, judged.about.passing
    good, n = sum(score >= passing for score in known.values()), len(known)
    owned = [groups.get(item) for item in known]
    mean = mean_interval(list(map(float, known.values())), LEVEL, groups=owned,
                         bounds=(1.0, float(top))) if known else None  # fmt: skip
    return {
        "score": _measured(mean),
        "good": _measured(wilson(good, n, LEVEL)) if n else None,
        "corrected": _measured(corrected(good, n, agreed, LEVEL)),
        "unscored": len(found) - n,
    }


def _pair(
    judged: Judged, a: str, b: str, agreed: Agreement | None, groups: Groups
) -> dict[str, Any]:
    pairs = judged.pairs(a, b)
    values = [pair.preference for pair in pairs]
    known = [value for value in values if value is not None]
    compare = by_votes({(a, b): values}, groups=[groups.get(pair.item) for pair in pairs])
    size = lengths(pairs, LEVEL)
    controlled, note = controlled_preference(pairs, LEVEL)
    wins = sum(value > 0 for value in known)
    return {
        "a": a,
        "b": b,
        "preference": _measured(compare(a, b, LEVEL).interval),
        "wins": wins,
        "losses": sum(value < 0 for value in known),
        "ties": sum(value == 0 for value in known),
        "same": sum(pair.same for pair in pairs),
        "unscored": len(values) - len(known),
        "flips": _measured(flip_rate(pairs, LEVEL)),
        "first_shown": _measured(first_shown_rate([p for p in pairs if not p.same], LEVEL)),
        "longer": _measured(size.longer),
        "words_preferred": size.preferred,
        "words_other": size.other,
        **_words(pairs),
        "controlled": _measured(controlled),
        "controlled_note": note,
        "corrected_wins": _measured(corrected(wins, len(known), agreed, LEVEL)),
    }


def _words(pairs: Sequence[PairJudged]) -> dict[str, float | None]:
    return {
        "words_a": fmean(pair.words_a for pair in pairs) if pairs else None,
        "words_b": fmean(pair.words_b for pair in pairs) if pairs else None,
    }


def _calibration(agreed: Agreement | None, held: Standing) -> dict[str, Any]:
    counts = agreed.counts if agreed else None
    return {
        "labels": agreed.num_labels if agreed else 0,
        "unscored": agreed.num_unscored if agreed else 0,
        "kappa": _measured(agreed.kappa) if agreed else None,
        "agreement": _measured(agreed.agreement) if agreed else None,
        "true_positive": _measured(counts.sensitivity(LEVEL)) if counts else None,
        "true_negative": _measured(counts.specificity(LEVEL)) if counts else None,
        "decides": held.decides,
        "why": held.why,
        "remedy": held.remedy,
    }


def _measured(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
