"""The people's part of the report: `details.review`, as `reporting.schema.people` describes it.

Tallies are read only of reviews that are over, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.reviewing.results.agreement import RaterAgreement, labels
from whet.reviewing.results.casts import Cast
from whet.reviewing.results.tally import PairTally, tally
from whet.rundir import RunDir
from whet.stages.evidence import Evidence
from whet.stages.people.votes import Review, read_reviews
from whet.types import Interval


def people_details(run: RunDir, evidence: Evidence) -> list[dict[str, Any]]:
    """Every review of the judged split, the newest first; empty where there is none."""
    graded = evidence.config.review.graded
    return [_review(one, graded) for one in read_reviews(run, evidence.split)]


def _review(one: Review, graded: bool) -> dict[str, Any]:
    state, found, suspects = one.state, one.agreement, one.suspects
    said = {each.rater: each for each in found.raters}
    without = one.without(suspects).casts if suspects else ()
    differ = sum(len(set(row.values())) > 1 for row in labels(one.casts).values())
    return {
        "name": one.folder.path.name,
        "items": len(one.frozen.items),
        "done": state.done,
        "asked": state.asked,
        "is_over": state.is_over,
        "closed_early": state.is_over and state.done < state.asked,
        "raters": [_rater(name, *counts, said.get(name)) for name, counts in state.raters.items()],
        "alpha": _measured(found.alpha),
        "kappa": _measured(found.kappa),
        "compared": found.num_cases,
        "disagreements": differ,
        "suspects": [{"rater": name, "words": words} for name, words in suspects.items()],
        "tallies": _tallies(one, one.casts, graded),
        "without_suspects": _tallies(one, without, graded) if suspects else [],
    }


def _rater(name: str, done: int, asked: int, said: RaterAgreement | None) -> dict[str, Any]:
    return {
        "name": name,
        "done": done,
        "asked": asked,
        "with_majority": said.with_majority if said else None,
        "consistent": said.consistent if said else None,
    }


def _tallies(one: Review, casts: Sequence[Cast], graded: bool) -> list[dict[str, Any]]:
    if not one.state.is_over:
        return []
    return [_tally(tally(one.frozen, pair, casts, graded=graded)) for pair in one.frozen.pairs]


def _tally(found: PairTally) -> dict[str, Any]:
    names = ("a", "b", "wins", "ties", "losses", "identical", "both_bad")
    return {name: getattr(found, name) for name in names} | {"net": _measured(found.net)}


def _measured(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
