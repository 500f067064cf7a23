from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from rich.cells import cell_len

from whet.reporting import run_row, runs_table, verdict_text

PARTS = ("Why", "Arms by exact_match", "Comparisons", "Gates", "Lamps", "Took", "Next:")


def _fits(text: str) -> None:
    assert max(cell_len(line) for line in text.split("\n")) <= 80
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs"} or c == "\n" for c in text)


def test_every_report_fits_eighty_columns(report: Any) -> None:
    _fits(verdict_text(report))


def test_the_parts_stand_in_the_order_in_which_they_are_read(sample: Any) -> None:
    text = verdict_text(sample("ship"))
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    first, second = text.split("\n")[:2]
    assert first == "SHIP THE TUNED MODEL [ship (not reviewed by people)]"
    assert second.startswith("tuned against few_shot: +8.5 points of exact match, 96 % interval")


def test_every_metric_of_every_arm_is_there(sample: Any) -> None:
    report = sample("ship")
    text = verdict_text(report)
    for metric in ("exact_match", "token_f1"):
        block = text.split(f"Arms by {metric}")[1].split("\n\n")[0]
        assert all(f"\n  {arm} " in block for arm in report["arms"])


def test_a_waiver_names_the_person_and_the_reason(sample: Any) -> None:
    text = " ".join(verdict_text(sample("do_not_ship")).split())
    assert "Waived by Dana Reyes: The service sees staff messages only." in text


def test_a_run_without_a_look_says_so(sample: Any) -> None:
    text = verdict_text(sample("inconclusive"))
    assert "The test items were not looked at." in text
    assert "No two arms were compared." in text
    assert "Nothing was trained:" in text


def test_hostile_text_is_inert_and_no_markup_is_read(sample: Any) -> None:
    text = verdict_text(sample("hostile"))
    _fits(text)
    assert "\\x1b[31mred" in text
    assert "[bold" in text


def test_wide_letters_count_as_two_columns(sample: Any) -> None:
    report = sample("ship")
    report["reasons"] = ["調整済みモデルは基準より良い。" * 12]
    report["gates"][0]["evidence"] = "損失" * 80
    _fits(verdict_text(report))


def test_runs_are_listed_with_verdict_and_effect(sample: Any) -> None:
    rows = [
        run_row("001", "run", "failed", "2026-03-14T09:26:53Z", None),
        run_row("002", "run", "complete", "2026-03-15T09:26:53Z", sample("ship")),
    ]
    text = runs_table(rows)
    _fits(text)
    assert "no report" in text
    assert "+8.5 points" in text
    assert rows[1]["verdict"] == "ship (not reviewed by people)"


def test_an_empty_list_says_what_to_do() -> None:
    assert runs_table([]) == "No runs yet. `whet run` makes one."


@pytest.mark.parametrize("state", ["running", "interrupted"])
def test_an_unfinished_run_shows_its_state(state: str) -> None:
    assert state in runs_table([run_row("001", "train", state, "", None)])
