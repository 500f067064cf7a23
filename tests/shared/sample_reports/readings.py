"""Slices, a judge, people."""

from __future__ import annotations

from typing import Any

from sample_reports.arms import VALUES, measured


def _slice(column: str, value: str, n: int, gain: float, half: float | None) -> dict[str, Any]:
    arms = {name: measured(middle, 0.1, n) for name, (middle, _) in VALUES.items()}
    ends = (
        {"low": None, "high": None} if half is None else {"low": gain - half, "high": gain + half}
    )
    return {
        "column": column,
        "value": value,
        "n": n,
        "arms": arms | {"rag": None},
        "comparison": {"difference": gain, **ends},
    }


SLICES = {
    "metric": "exact_match",
    "pair": ["tuned", "few_shot"],
    "level": 0.04,
    "each_level": 0.0133,
    "rows": [
        _slice("channel", "web", 310, 0.11, 0.05),
        _slice("channel", "phone", 84, -0.01, 0.12),
        _slice("channel", "letter", 6, 0.2, None),
        _slice("long", "yes", 41, 0.02, 0.14),
    ],
    "lowest": "channel = phone",
    "most_lost": "channel = phone",
    "note": "The worst slice is picked for being worst, and so looks a little worse than it is.",
}  # fmt: skip

JUDGE = {
    "label": "score: calibrated; pairwise: not calibrated: decides nothing",
    "judge": "https://api.example.com/v1 large-2",
    "model": "large-2",
    "rubric": "rubric.md",
    "rubric_digest": "0f1e2d3c",
    "scale": 5,
    "passing": 4,
    "modes": ["score", "pairwise"],
    "split": "test",
    "items": 200,
    "of": 400,
    "verdicts": 1200,
    "unscored": {"no JSON": 3},
    "masked": 2,
    "asked": 1180,
    "reused": 20,
    "spent": 1.84,
    "budget": 5.0,
    "currency": "USD",
    "scores": {
        "tuned": {
            "score": {"value": 4.1, "low": 4.0, "high": 4.2, "n": 200},
            "good": measured(0.81, 0.05, 200),
            "corrected": measured(0.76, 0.08, 200),
            "unscored": 1,
        },
        "few_shot": {
            "score": {"value": 3.6, "low": 3.4, "high": 3.8, "n": 200},
            "good": measured(0.62, 0.07, 200),
            "corrected": None,
            "unscored": 0,
        },
    },
    "pairs": [
        {
            "a": "tuned", "b": "few_shot", "preference": measured(0.31, 0.11, 200),
            "wins": 96, "losses": 34, "ties": 68, "same": 21, "unscored": 2,
            "flips": measured(0.12, 0.05, 200), "first_shown": measured(0.55, 0.05, 358),
            "longer": measured(0.58, 0.09, 120), "words_preferred": 41.0, "words_other": 36.2,
            "words_a": 38.0, "words_b": 39.4, "controlled": None,
            "controlled_note": "Lengths hardly differ.", "corrected_wins": None,
        }
    ],
    "calibrations": {
        "score": {
            "labels": 112, "unscored": 0,
            "kappa": {"value": 0.68, "low": 0.54, "high": 0.8, "n": 112},
            "agreement": measured(0.86, 0.06, 112), "true_positive": measured(0.9, 0.05, 80),
            "true_negative": measured(0.78, 0.1, 32), "decides": True,
            "why": "Kappa 0.68 on 112 labels is above the floor of 0.4.", "remedy": "",
        },
        "pairwise": {
            "labels": 20, "unscored": 0, "kappa": None, "agreement": None, "true_positive": None,
            "true_negative": None, "decides": False, "why": "There are 20 labels, fewer than 50.",
            "remedy": "Vote on 30 more: whet review RUN.",
        },
    },
    "spot_check": ["data/test.jsonl:9: the two orders differ"],
    "warnings": ["The judge is of the family of the tuned model: it may favour it."],
}  # fmt: skip

REVIEW = {
    "name": "001", "items": 100, "done": 290, "asked": 300, "is_over": True, "closed_early": True,
    "raters": [
        {"name": "kai", "done": 100, "asked": 100, "with_majority": 0.88, "consistent": 0.9},
        {"name": "sam", "done": 90, "asked": 100, "with_majority": 0.71, "consistent": None},
    ],
    "alpha": {"value": 0.58, "low": 0.46, "high": 0.69, "n": 100},
    "kappa": None, "compared": 98, "disagreements": 7,
    "suspects": [{"rater": "sam", "words": "half of the votes came within 1.4 s"}],
    "tallies": [
        {"a": "tuned", "b": "few_shot", "net": {"value": 0.22, "low": 0.08, "high": 0.36, "n": 100},
         "wins": 48, "ties": 26, "losses": 26, "identical": 11, "both_bad": 0.04},
    ],
    "without_suspects": [
        {"a": "tuned", "b": "few_shot", "net": {"value": 0.25, "low": 0.1, "high": 0.4, "n": 100},
         "wins": 50, "ties": 26, "losses": 24, "identical": 11, "both_bad": 0.04},
    ],
}  # fmt: skip
