"""Scorers: from an answer and its item to a number, or to None where nothing can be compared."""

from __future__ import annotations

from whet.evals.scorers.build import SCORERS, Setup, asked, build, files_of, leading, scorer
from whet.evals.scorers.catalogue import (
    METRICS,
    RIGHT_OR_WRONG,
    Better,
    Metric,
    better,
    is_measured,
)
from whet.evals.scorers.forms import format_scorer, is_choice, is_json, matches_regex
from whet.evals.scorers.matching import exact_match, normalise, token_f1
from whet.evals.scorers.references import criteria_of, merged, references_of
from whet.evals.scorers.scored import Scored, Scorer, score

__all__ = [
    "METRICS",
    "RIGHT_OR_WRONG",
    "SCORERS",
    "Better",
    "Metric",
    "Scored",
    "Scorer",
    "Setup",
    "asked",
    "better",
    "build",
    "criteria_of",
    "exact_match",
    "files_of",
    "format_scorer",
    "is_choice",
    "is_json",
    "is_measured",
    "leading",
    "matches_regex",
    "merged",
    "normalise",
    "references_of",
    "score",
    "scorer",
    "token_f1",
]
