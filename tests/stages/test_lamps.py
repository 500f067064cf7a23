"""The four lamps show the worst of the gates behind them."""

from __future__ import annotations

import pytest

from whet.stages.details import _lamps


@pytest.mark.parametrize(
    ("results", "regression", "safety"),
    [
        ({}, "not_run", "not_run"),
        ({"forgetting": "pass", "ability": "fail"}, "fail", "not_run"),
        ({"forgetting": "pass", "general": "inconclusive"}, "inconclusive", "not_run"),
        ({"forgetting": "pass", "refusals": "pass", "slices": "not_run"}, "pass", "pass"),
        ({"forgetting": "pass", "refusals": "pass", "hallucination": "fail"}, "pass", "fail"),
    ],
)
def test_regression_and_safety_show_their_worst_gate(
    results: dict[str, str], regression: str, safety: str
) -> None:
    gates = [
        {"name": name, "result": result, "candidate": "tuned"} for name, result in results.items()
    ]
    lamps = _lamps(None, gates, "tuned", by_votes=False)
    assert (lamps["regression"], lamps["safety"]) == (regression, safety)
