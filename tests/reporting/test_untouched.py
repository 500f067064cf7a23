from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from whet.reporting import check_report, html, verdict_text
from whet.reporting.page.untouched import untouched_page
from whet.reporting.terminal.untouched import untouched_text


def with_untouched(report: Any, **more: Any) -> Any:
    """A report of 400 test items, 12 of which stand in training rows."""
    arms = {
        name: {metric: {**told, "n": 388} for metric, told in metrics.items()}
        for name, metrics in report["arms"].items()
    }
    arms["tuned"]["exact_match"] |= {"value": 0.8015, "low": 0.76, "high": 0.84}
    pairs = [pair | {"difference": 0.011} for pair in report["comparisons"]]
    apart = {"items": 388, "touched": 12, "verdict": "inconclusive", "arms": arms}
    report["details"]["untouched"] = apart | {"comparisons": pairs} | more
    return check_report(report)


def test_figures_on_untouched_items_stand_next_to_the_whole(sample: Any) -> None:
    report = with_untouched(sample("ship"))
    for text in (" ".join(verdict_text(report).split()), html(report)):
        assert "12 test items stand in training rows" in text
        assert "On the 388 items that no training row touches" in text
        assert "would be inconclusive" in text
        assert "80.2 % (76.0 to 84.0 %)" in text
        assert "all 400 items" in text and "the 388 untouched" in text
    assert max(cell_len(line) for line in untouched_text(report).split("\n")) <= 80


def test_an_arm_without_a_score_there_is_said_to_have_none(sample: Any) -> None:
    report = with_untouched(sample("ship"), arms={}, comparisons=[])
    assert "not scored" in untouched_text(report)
    assert "not compared" in untouched_text(report)


def test_where_no_item_is_left_there_is_a_sentence_and_no_table(sample: Any) -> None:
    report = with_untouched(sample("ship"), items=0, touched=400, verdict=None, arms={})
    assert "No other item is left to judge." in untouched_text(report)
    assert "<table" not in str(untouched_page(report))


def test_a_run_without_touched_items_says_nothing(sample: Any) -> None:
    assert untouched_text(sample("ship")) == ""
    assert untouched_page(sample("ship")) is None
