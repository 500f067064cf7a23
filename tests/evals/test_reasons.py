from __future__ import annotations

from whet.evals.compare import compare_scores
from whet.evals.reasons import win


def test_a_win_says_how_many_items_it_leaves_out() -> None:
    tuned: list[float | None] = [None] * 5 + [1.0] * 20 + [1.0, 0.0] * 38
    prompt: list[float | None] = [1.0] * 5 + [0.0] * 20 + [1.0, 0.0] * 38
    pair = compare_scores(("tuned", tuned), ("prompt", prompt), metric="accuracy", level=0.04)
    told = win(pair, 1, 0.02)
    assert "above the margin of 2.0 points, 5 items are unscored (where one arm" in told
    whole = compare_scores(
        ("tuned", tuned[5:]), ("prompt", prompt[5:]), metric="accuracy", level=0.04
    )
    assert win(whole, 1, 0.02).endswith("above the margin of 2.0 points.")
